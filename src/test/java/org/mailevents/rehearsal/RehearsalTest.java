package org.mailevents.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mailevents.support.ShippedRoutes.DEAD;
import static org.mailevents.support.ShippedRoutes.REFUSED;
import static org.mailevents.support.ShippedRoutes.edit;
import static org.mailevents.support.ShippedRoutes.files;
import static org.mailevents.support.ShippedRoutes.withFirstStep;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.event.Causes;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.Place;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.InProcess;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** What a rehearsal tells is what the routes do, and nothing leaves the rehearsal. */
class RehearsalTest {

    private static final String BOUNCES = "routes/route-bounces.camel.yaml";
    private static final String WEBHOOK = "routes/route-webhook.camel.yaml";

    private static InProcess application;

    @BeforeAll
    static void start() {
        application = TestSettings.of(TestDatabase.h2(), Mailbox.folder()).startInProcess();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1  | permanent, address | list-owner
            4  | policy             | postmaster
            5  | temporary          | postmaster
            11 | suppressed         | list-owner
            77 | unknown            | postmaster""")
    void aBounceGetsTheKindAndTheAudienceOfItsBranch(String code, String kind, String audience) throws Exception {
        MailEvent bounce = bounce(code);

        RehearsalOutcome outcome = run(files(), bounce);

        assertThat(outcome.failure()).isNull();
        assertThat(outcome.stored()).containsExactly(bounce.decided(kind, audience));
        assertThat(outcome.stored().get(0).kind()).isEqualTo(kind);
        assertThat(outcome.stored().get(0).audience()).isEqualTo(audience);
    }

    @Test
    void aFailureNamesFileAndLineOfItsStep() throws Exception {
        Map<String, String> files = files();
        edit(files, BOUNCES, REFUSED, "${body.recipent} regex 'x'");

        RehearsalOutcome outcome = run(files, bounce("4"));

        assertThat(outcome.stored()).isEmpty();
        assertThat(outcome.failure()).hasMessageMatching(
                "routes/route-bounces.camel.yaml:\\d+: MailEvent has no recipent\\. Did you mean recipient\\?");
    }

    /** A choice may be long, so the line of the choice does not help. */
    @Test
    void aConditionThatFailsNamesTheLineOfItsBranch() throws Exception {
        Map<String, String> files = files();
        edit(files, BOUNCES, REFUSED, "${body.recipent} regex 'x'");
        int branch = files.get(BOUNCES).substring(0, files.get(BOUNCES).indexOf("${body.recipent}")).split("\n").length - 2;

        assertThat(run(files, bounce("4")).failure().line()).isEqualTo(branch);
    }

    /** One wrong indentation puts the step into the split. */
    @Test
    void aStepThatStoresASingleEventSaysWhatToChange() throws Exception {
        Map<String, String> files = files();
        edit(files, BOUNCES, "        - to:\n            uri: direct:store-events",
                "              - to:\n                  uri: direct:store-events");

        assertThat(run(files, bounce("4")).failure().reason()).isEqualTo("direct:store-events stores a whole webhook, but the body is"
                + " a MailEvent here. Call it after the split, and let no step before it replace the body.");
    }

    @Test
    void aSavedMistakeInAnExpressionIsRefused() throws Exception {
        Map<String, String> files = files();
        edit(files, BOUNCES, REFUSED, "${body.recipent} regex 'x'");

        assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                .hasMessageMatching("routes/route-bounces.camel.yaml:\\d+: a bounce with code \\w+ fails: .*recipent.*");
    }

    @Test
    void aMistakeThatOnlyOneCauseMeetsIsRefused() throws Exception {
        List<String> causes = ShippedCauses.causes().all().stream().map(Causes.Conclusion::cause).toList();
        for (String cause : List.of("relay", causes.get(0), causes.get(causes.size() - 1))) {
            Map<String, String> files = files();
            files.computeIfPresent(BOUNCES, (file, text) -> withFirstStep(text, """
                    - filter:
                        simple: "${body.cause} == '%s'"
                        steps:
                          - setHeader: {name: to, simple: "${body.recipent}"}
                    """.formatted(cause)));

            assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                    .hasMessageMatching("routes/route-bounces.camel.yaml:\\d+: a bounce with .* fails: .*recipent.*");
        }
    }

    @Test
    void aMistakeThatOnlyADeadAddressMeetsIsRefused() throws Exception {
        Map<String, String> files = files();
        edit(files, BOUNCES, DEAD, "${body.dead} && ${body.kind.lenght} == 1");

        assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                .hasMessageMatching("routes/route-bounces.camel.yaml:\\d+: a bounce with code 1 fails: .*lenght.*");
    }

    /** The made-up events do not know what a team's mails have in their {@code X-Api-Data}. */
    @ParameterizedTest
    @ValueSource(strings = {
        "{setBody: {simple: '${body.apiData}'}}, {unmarshal: {json: {}}}",
        "{setBody: {simple: '${body.apiData}'}}, {unmarshal: {json: {}}}, {setBody: {simple: '${body[campaign].toUpperCase()}'}}",
        "{setBody: {simple: '${body.apiData.split(-)[3]}'}}",
        "{filter: {simple: '${body.subject.substring(20)} != null', steps: [{to: 'log:subject'}]}}",
        "{setVariable: {name: at, simple: {expression: '${body.reason}', resultType: 'java.lang.Long'}}}"})
    void aStepThatNeedsACertainTextIsNoMistake(String steps) throws Exception {
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", tell(steps));
        edit(files, BOUNCES, "              - choice:", "              - wireTap: {uri: direct:tell}\n              - choice:");

        Rehearsal.requireEveryEventPasses(application.context(), files);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {setBody: {simple: '${body.apiData}'}}, {setBody: {simple: '${body.toUperCase}'}}                             | toUperCase
            {filter: {simple: '${body.reason} contains "User"', steps: [{setBody: {simple: '${body.recipent}'}}]}}        | recipent
            {delay: {simple: '${body.recipent}'}}                                                                         | recipent
            {delay: {constant: soon}}                                                                                     | soon
            {throttle: {simple: '${body.recipent}'}}                                                                      | recipent
            {setBody: {simple: '${body.apiData.lenght}'}}                                                                 | lenght""")
    void aMistakeThatEveryTextMeetsIsRefused(String steps, String named) throws Exception {
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", tell(steps));
        edit(files, BOUNCES, "              - choice:", "              - wireTap: {uri: direct:tell}\n              - choice:");

        assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                .hasMessageStartingWith("routes/tell.camel.yaml:").hasMessageContaining(named);
    }

    /** Without a limit, the rehearsal itself would fill the memory, which ends the process. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {loop: {doWhile: true, simple: '${body} != null', steps: [{setVariable: {name: a, constant: b}}]}}    | more than 10,000 steps
            {loop: {doWhile: true, simple: '${body} != null', steps: [{wireTap: {uri: 'seda:nobody'}}]}}          | more than 10,000 steps
            {loop: {doWhile: true, copy: true, simple: '${body} != null', steps: [{to: 'log:a'}]}}                | more than 10,000 steps
            {loop: {doWhile: true, simple: '${body} != null', steps: [{doTry: {steps: [{to: 'log:a'}], doCatch: \
            [{exception: [java.lang.Exception], steps: [{to: 'log:b'}]}]}}]}}                                     | more than 10,000 steps
            {loop: {constant: 60, steps: [{setBody: {simple: '${body}${body}'}}]}}                                | beyond 1,000,000
            {loop: {constant: 60, steps: [{setVariable: {name: a, simple: '${variable.a}${variable.a}aa'}}]}}     | beyond 1,000,000
            {loop: {constant: 60, steps: [{setHeader: {name: a, simple: '${header.a}${header.a}aa'}}]}}           | beyond 1,000,000
            {loop: {constant: 60, steps: [{setProperty: {name: a, simple: 'aa${exchangeProperty.a}${exchangeProperty.a}'}}]}} | beyond
            {setBody: {simple: '${random(100000,900000)}'}}, {loop: {constant: 20, steps: [{setBody: {simple: '${body}${body}'}}]}} | beyond
            """)
    void aLoopThatWouldFillTheMemoryIsAMistake(String steps, String reason) throws Exception {
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", tell(steps));
        edit(files, BOUNCES, "              - choice:", "              - to: direct:tell\n              - choice:");

        assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                .hasMessageMatching("routes/tell.camel.yaml:\\d: a bounce with code 1 fails: .*" + reason + ".*");
    }

    @Test
    void aLoopThatWaitsForTheAnswerOfAnotherSystemIsNoMistake() throws Exception {
        Map<String, String> files = files();
        String loop = "{loop: {doWhile: true, simple: '${header.done} == null', steps: [{to: 'http://example.jp'}]}}";
        files.put("routes/tell.camel.yaml", tell(loop));
        edit(files, BOUNCES, "              - choice:", "              - to: direct:tell\n              - choice:");

        Rehearsal.requireEveryEventPasses(application.context(), files);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "onException: [{onException: {exception: [java.lang.Exception], redeliveryPolicy: SLOWLY, steps: [{to: 'log:a'}]}}]",
        "onException: [{onException: {exception: [java.lang.Exception], redeliveryPolicyRef: slowly, steps: [{to: 'log:a'}]}}]",
        "onException: [{onException: {exception: [java.lang.Exception], retryWhile: {simple: '${body} != null'}, steps: [{to: 'log:a'}]}}]",
        "errorHandler: {defaultErrorHandler: {redeliveryPolicy: SLOWLY}}",
        "errorHandler: {deadLetterChannel: {deadLetterUri: 'log:dead', redeliveryPolicy: SLOWLY}}"})
    void aTrialDoesNotRetry(String handler) throws Exception {
        RedeliveryPolicy slowly = new RedeliveryPolicy();
        slowly.setMaximumRedeliveries(5);
        slowly.setRedeliveryDelay(60_000);
        application.context().getRegistry().bind("slowly", slowly);
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", tell("{setBody: {simple: '${body.recipent}'}}")
                .replace("    id: tell\n", "    id: tell\n    routeConfigurationId: slow\n") + "- routeConfiguration: {id: slow, "
                + handler.replace("SLOWLY", "{maximumRedeliveries: 5, redeliveryDelay: 60000}") + "}\n");
        edit(files, BOUNCES, "              - choice:", "              - to: direct:tell\n              - choice:");

        try (Rehearsal rehearsal = new Rehearsal(application.context(), files, ShippedCauses.causes(), Duration.ofSeconds(5))) {
            RehearsalOutcome outcome = rehearsal.runInTime(webhook(bounce("4")));

            assertThat(outcome.steps()).extracting(Place::toString).containsOnlyOnce("routes/tell.camel.yaml:7");
            assertThat(String.valueOf(outcome.failure())).doesNotContain("takes longer");
        }
    }

    @Test
    void whatComesAfterAPollIsNotKnown() throws Exception {
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", tell("{setBody: {constant: ''}}, {setBody: {simple: '${body.answer}'}}")
                .replaceFirst("\\{setBody.*", "{poll: {uri: 'file:target/nothing'}}"));
        edit(files, BOUNCES, "              - choice:", "              - to: direct:tell\n              - choice:");

        Rehearsal.requireEveryEventPasses(application.context(), files);
    }

    /** A rehearsal holds up the live edits of all files, so it must not wait twice for the same step, and not at its end. */
    @Test
    void aStepThatNeverEndsIsNamedAndNotTriedAgain() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        application.context().getRegistry().bind("never", (Supplier<Boolean>) () -> {
            try {
                return never.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                return null;
            }
        });
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", tell("{setBody: {simple: '${bean:never?method=get}'}}"));
        edit(files, BOUNCES, "              - choice:", "              - to: direct:tell\n              - choice:");
        long begin = System.nanoTime();

        try (Rehearsal rehearsal = new Rehearsal(application.context(), files, ShippedCauses.causes(), Duration.ofSeconds(2))) {
            RehearsalOutcome first = rehearsal.runInTime(webhook(bounce("4")));
            RehearsalOutcome second = rehearsal.runInTime(webhook(bounce("5")));

            assertThat(first.failure()).hasMessage("routes/tell.camel.yaml:6: an event takes longer than 2 s in the routes;"
                    + " look for a step that never ends");
            assertThat(second).isSameAs(first);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
    }

    private static Webhook webhook(MailEvent event) {
        return new Webhook(event.receivedAt(), 0, null, event.eventType(), List.of(event), List.of(), null);
    }

    private static String tell(String steps) {
        return "- route:\n    id: tell\n    from:\n      uri: direct:tell\n      steps:\n"
                + steps.replaceAll("(?:^|, )(\\{(?:setBody|unmarshal|filter|setVariable|loop|delay|throttle))", "\n        - $1") + "\n";
    }

    @Test
    void theRoutesAsTheyComePass() throws Exception {
        Rehearsal.requireEveryEventPasses(application.context(), files());
    }

    @Test
    void aCallToAnotherSystemIsOnlyNoted() throws Exception {
        try (HttpReceiver other = new HttpReceiver()) {
            Map<String, String> files = files();
            files.put("routes/tell.camel.yaml", """
                    - route:
                        id: tell
                        from:
                          uri: direct:tell
                          steps:
                            - delay:
                                expression:
                                  constant:
                                    expression: "60000"
                            - setBody:
                                expression:
                                  simple:
                                    expression: "bounced: ${body.stored}"
                            - wireTap:
                                uri: seda:told
                            - to:
                                uri: file:target/never-written
                    - route:
                        id: told
                        from:
                          uri: seda:told
                          steps:
                            - toD:
                                uri: "%s?connectTimeout=1000"
                    """.formatted(other.url("/hook")));
            files.put(WEBHOOK, files.get(WEBHOOK) + """
                            - wireTap:
                                uri: direct:tell
                    """);

            RehearsalOutcome outcome = run(files, bounce("4"));

            assertThat(outcome.failure()).isNull();
            assertThat(outcome.answerMissing()).as("only a copy of the webhook asks the other system").isFalse();
            assertThat(outcome.calls()).extracting(RehearsalOutcome.Call::endpoint)
                    .containsExactly(other.url(""), "file:target/never-written");
            assertThat(outcome.calls()).extracting(RehearsalOutcome.Call::body).containsOnly("bounced: 1");
            assertThat(outcome.calls().get(1).place()).hasToString("routes/tell.camel.yaml:16");
            assertThat(other.requests).isEmpty();
            assertThat(Path.of("target/never-written")).doesNotExist();
        }
    }

    @Test
    void aMistakeInACopyIsFound() throws Exception {
        Map<String, String> files = files();
        files.put("routes/tell.camel.yaml", """
                - route:
                    id: tell
                    from:
                      uri: seda:tell
                      steps:
                        - setBody:
                            expression:
                              simple:
                                expression: "${body.stord}"
                """);
        files.put(WEBHOOK, files.get(WEBHOOK) + """
                        - to:
                            uri: seda:tell
                """);

        assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                .hasMessageMatching("routes/tell.camel.yaml:6: a delivery with status queued fails: .*stord.*");
    }

    @Test
    void aStepThatFailsOnPurposeIsNoMistake() throws Exception {
        Map<String, String> files = files();
        files.put(WEBHOOK, files.get(WEBHOOK) + """
                        - throwException:
                            exceptionType: java.lang.IllegalStateException
                            message: not yet
                """);

        Rehearsal.requireEveryEventPasses(application.context(), files);
        assertThat(run(files, bounce("4")).failure()).hasMessageMatching("routes/route-webhook.camel.yaml:\\d+: not yet");
    }

    @ParameterizedTest
    @ValueSource(strings = {"- stop: {}", "- setBody:\n    expression:\n      constant:\n        expression: stored",
        "- log:\n    message: and nothing else"})
    void aRouteThatDoesNotStoreItsEventsIsRefused(String step) throws Exception {
        Map<String, String> files = files();
        files.put(WEBHOOK, files.get(WEBHOOK).substring(0, files.get(WEBHOOK).indexOf("        - choice:")) + step.indent(8));

        assertThatThrownBy(() -> Rehearsal.requireEveryEventPasses(application.context(), files)).isInstanceOf(BrokenFile.class)
                .hasMessageMatching("routes/route-webhook.camel.yaml:\\d+: a delivery with status queued fails: "
                        + "the route ends without direct:store-events");
    }

    private static RehearsalOutcome run(Map<String, String> files, MailEvent event) throws BrokenFile {
        try (Rehearsal rehearsal = new Rehearsal(application.context(), files)) {
            return rehearsal.run(event);
        }
    }

    private static MailEvent bounce(String code) {
        return RehearsalEvents.event("bounces", code, ShippedCauses.causes());
    }
}
