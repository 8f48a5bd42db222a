package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mailevents.support.ShippedRoutes.edit;
import static org.mailevents.support.ShippedRoutes.files;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.rehearsal.MisspeltDecisions;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteGraph;
import org.mailevents.route.RouteWarning;
import org.mailevents.settings.Settings;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * The validation of the route files finds each mistake and names the file and the reason. {@link LiveEditTest} shows that a file with a
 * mistake is not activated, and {@link RoutesTest} that it stops the start.
 */
class RouteMistakesTest {

    private static InProcess application;
    private static List<RouteDefinition> javaRoutes;

    @BeforeAll
    static void start() {
        application = TestSettings.of(TestDatabase.h2InMemory()).startInProcess();
        javaRoutes = ((ModelCamelContext) application.context()).getRouteDefinitions().stream()
                .filter(route -> RouteGraph.file(route) == null).toList();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "route-bounces    | - split:                           | - split                      | :8: mapping values are not allowed here",
        "route-bounces    | '    onPrepare'                    | '   onPrepare'               | :12: expected <block end>, but found",
        "route-bounces    | '    description:'                 | '\tdescription:'             |"
            + " :3: found character '\\t(TAB)' that cannot start any token",
        "route-bounces    | uri: direct:store-events           | uri: nonsense:x              |"
            + " No endpoint could be found for: nonsense://x",
        "route-bounces    | uri: direct:store-events           | uri: direct:store-events?a=1 | Unknown parameters=[{a=1}]",
        "route-bounces    | uri: direct:store-events           | uri: direct:nobody           |"
            + " sends to direct:nobody, but no route in routes/ starts from direct:nobody",
        "route-bounces    | uri: direct:store-events           | uri: '{{no.such.setting}}'   | no.such.setting",
        "route-bounces    | aggregationStrategy: collectEvents | aggregationStrategy: nobody  |"
            + " :7: Cannot find AggregationStrategy in Registry with name: nobody",
        "route-bounces    | ${body.dead}                       | ${body.dead} regexp 'true'   | :19: Unexpected token r",
        "route-bounces    | ${body.cause} regex 'authe         | ${body.cause regex 'authe    | :39: expected symbol functionEnd",
        "route-bounces    | ${body.events}                     | ${bdy.events}                | bdy",
        "route-bounces    | id: route-bounces                  | id: route-webhook            | the route id route-webhook is used twice",
        "route-bounces    | id: route-bounces                  | id: store-events             | the route id store-events is used twice",
        "route-bounces    | uri: direct:route-bounces          | uri: direct:route-webhook    | two routes start from direct:route-webhook",
        "send-alerts      | id: send-alerts                    | id: send-alert               |"
            + " the route send-alerts is missing in routes/",
        "send-alerts      | delay: 1000                        | dellay: 1000                 |"
            + " :6: Failed to resolve endpoint: scheduler://send-alerts?dellay=1000",
        "on-error         | id: on-alert-error                 | id: on-alert                 |"
            + " the routeConfiguration on-alert-error, which does not exist",
        "on-error         | uri: direct:release-alert          | uri: nonsense:x              |"
            + " :42: No endpoint could be found for: nonsense://x",
        "on-error         | java.lang.Exception                | java.lang.Excepton           | java.lang.Excepton"})
    void aBrokenRouteIsNamedInOneLine(String route, String right, String wrong, String reason) throws IOException {
        assertThat(fault(route, right, wrong.replace("\\n", "\n"))).contains(reason).doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "route-webhook    | uri: direct:route-bounces         | uri: direct:route-bounce          | direct:route-bounce",
        "route-deliveries | uri: direct:store-events          | uri: direct:store-event           | direct:store-event",
        "route-deliveries | uri: direct:store-events          | uri: direct:store-events?blok=1   | blok",
        "route-deliveries | uri: direct:store-events          | uri: nonsense:x                   | nonsense",
        "route-deliveries | ${body.events}                    | ${bdy.events}                     | bdy",
        "route-deliveries | ${body.status} == 'queued'        | ${body.status} === 'queued'       | ===",
        "route-deliveries | aggregationStrategy: collectEvents | aggregationStrategy: nobody       | nobody",
        "route-deliveries | id: route-deliveries              | id: route-webhook                 | route-webhook"})
    void aMistakeIsNamed(String route, String right, String wrong, String named) throws IOException {
        assertThat(fault(route, right, wrong)).contains(named);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "route-bounces    | aggregationStrategy: collectEvents | ''            | :7: the split of route-bounces needs onPrepare",
        "route-bounces    | onPrepare: collectEvents           | ''            | :7: the split of route-bounces needs onPrepare",
        "route-deliveries | aggregationStrategy: collectEvents | ''            | :7: the split of route-deliveries needs onPrepare",
        "route-bounces    | direct:store-events                | log:forgotten |"
            + " :5: the route route-bounces never sends to direct:store-events"})
    void aRouteThatWouldLoseDecisionsOrEventsIsNamed(String route, String right, String wrong, String reason) throws IOException {
        assertThat(fault(route, right, wrong)).contains(route + ".camel.yaml" + reason);
    }

    /** Without a mail nothing fails, so nothing but this check would tell that the alerts have ended. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "direct:claim-alerts        | log:none                                      | :6: … is missing there: direct:claim-alerts",
        "direct:render-alert        | log:none                                      | :6: … is missing there: direct:render-alert",
        "direct:render-alert        | direct:mark-alert                             | :6: … is missing there: direct:render-alert",
        "direct:mark-alert          | log:none                                      | :6: … is missing there: direct:mark-alert",
        "{{alert.endpoint}}         | log:none                                      | :24: … marks a mail as sent before",
        "alert.endpoint}}\"         | 'alert.endpoint}}\"\\+disabled: true'         | :25: … marks a mail as sent before",
        "'to:\\+uri: \"{{al'        | 'wireTap:\\+uri: \"{{al'                      | :24: … marks a mail as sent before",
        "'scheduler:send-alerts\\n      parameters:\\n        delay: 1000' | direct:send-alerts | :6: … must start by itself",
        "id: send-alerts            | 'id: send-alerts\\n    autoStartup: false'    | :7: … would not start"})
    void anEditThatWouldEndTheAlertsIsNamed(String right, String wrong, String mistake) throws IOException {
        String[] lineAndReason = mistake.split(" … ");
        assertThat(fault("send-alerts", lines(right), lines(wrong))).startsWith("routes/send-alerts.camel.yaml" + lineAndReason[0])
                .contains(lineAndReason[1]);
    }

    /** A plus sign is a new line with the indentation of a step's options. */
    private static String lines(String text) {
        return text.replace("\\+", "\n                  ").replace("\\n", "\n");
    }

    @Test
    void anAlertMayGoToEndpointsThatATeamChooses() throws IOException {
        Map<String, String> files = files();
        files.computeIfPresent("routes/send-alerts.camel.yaml", (file, text) -> text.replace("\"{{alert.endpoint}}\"", "direct:mail-it"));
        files.put("routes/mail-it.camel.yaml", """
                - route:
                    id: mail-it
                    from:
                      uri: direct:mail-it
                      steps:
                        - choice:
                            when:
                              - simple: "${variable.audience} == 'crm'"
                                steps:
                                  - to: https://crm.example.com/alerts
                            otherwise:
                              steps:
                                - to: "{{alert.endpoint}}"
                """);

        assertThatCode(() -> validate(files)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "kidn  | log:a                       | nothing reads the variable kidn. Did you mean kind?",
        "kinds | log:a                       | nothing reads the variable kinds. Did you mean kind?",
        "kinds | log:${variable.kinds}       |",
        "kinds | log:${variableAs(kinds,Set)}|",
        "find  | log:a                       |",
        "king  | log:a                       |"})
    void aVariableThatNothingReadsIsPointedOutIfItResemblesADecision(String name, String uri, String warning) throws Exception {
        Map<String, String> files = files();
        files.put("routes/own.camel.yaml", """
                - route:
                    id: own
                    from:
                      uri: direct:own
                      steps:
                        - setVariable: {name: %s, constant: x}
                """.formatted(name));
        files.put("routes/other.camel.yaml", "- route: {id: other, from: {uri: 'direct:other', steps: [{toD: '" + uri + "'}]}}");

        try (Rehearsal rehearsal = new Rehearsal(application.context(), files)) {
            assertThat(new MisspeltDecisions(new Settings(application.context()), files).in(rehearsal.routes()))
                    .extracting(RouteWarning::text).isEqualTo(warning == null ? List.of() : List.of(warning));
        }
    }

    /** Camel itself follows such a loop until the heap is full. Of a step with braces, Camel knows the line above. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        to: direct:one                                | :6: | one → one
        to: seda:one-later                            | :6: | one → one-later → one
        to: direct:two                                | :6: | one → two → one
        toD: direct:two?block=false                   | :6: | one → two → one
        wireTap: {uri: direct:two}                    | :5: | one → two → one
        enrich: {constant: direct:two}                | :5: | one → two → one
        recipientList: {constant: 'log:a,direct:two'} | :5: | one → two → one
        routingSlip: {constant: 'log:a,direct:two'}   | :5: | one → two → one
        to: direct:take-webhook                       | :6: | one → take-webhook → route-webhook → one""")
    void aLoopOfRoutesIsNamed(String step, String line, String loop) throws IOException {
        Map<String, String> files = files();
        files.put("routes/one.camel.yaml", """
                - route:
                    id: one
                    from:
                      uri: direct:one
                      steps:
                        - %s
                """.formatted(step));
        files.put("routes/two.camel.yaml", """
                - route: {id: two, from: {uri: "direct:two", steps: [{filter: {simple: "${body} != null", steps: [{to: "direct:one"}]}}]}}
                - route: {id: one-later, from: {uri: "seda:one-later", steps: [{to: "direct:one"}]}}
                """);
        files.merge("routes/route-webhook.camel.yaml", "        - to: direct:one\n", String::concat);

        assertThatThrownBy(() -> validate(files)).isInstanceOf(BrokenFile.class).hasMessageStartingWith("routes/one.camel.yaml" + line)
                .hasMessageContaining("the routes would send to each other without an end: " + loop + ".");
    }

    @ParameterizedTest
    @ValueSource(strings = {"to: direct:two", "toD: 'direct:${body.status}'", "recipientList: {simple: 'direct:${body.status},direct:two'}",
        "wireTap: {uri: direct:two}"})
    void routesThatMeetAgainAreNoLoop(String step) throws IOException {
        Map<String, String> files = files();
        files.put("routes/one.camel.yaml", """
                - route: {id: one, from: {uri: "direct:one", steps: [{%s}, {to: "direct:two"}]}}
                - route: {id: two, from: {uri: "direct:two", steps: [{to: "log:two"}]}}
                """.formatted(step));
        files.merge("routes/route-webhook.camel.yaml", "        - to: direct:one\n        - to: direct:two\n", String::concat);

        assertThatCode(() -> validate(files)).doesNotThrowAnyException();
    }

    /** A text that looks like an endpoint in memory may stand in the options of any other endpoint. */
    @ParameterizedTest
    @ValueSource(strings = {"to: 'log:post?marker=direct:alerts'", "toD: 'log:post?marker=direct:alerts'",
        "wireTap: {uri: 'log:post?marker=direct:route-webhook'}", "recipientList: {constant: 'log:post?marker=direct:alerts'}"})
    void theOptionOfAnEndpointIsNoTarget(String step) throws IOException {
        Map<String, String> files = files();
        files.merge("routes/route-webhook.camel.yaml", "        - " + step + "\n", String::concat);

        assertThatCode(() -> validate(files)).doesNotThrowAnyException();
    }

    /** A team may go through the events once more, for instance to tell another system. */
    @ParameterizedTest
    @ValueSource(strings = {"before", "after"})
    void onlyOneSplitMustCollect(String place) throws IOException {
        Map<String, String> files = files();
        String split = """
                        - split:
                            simple: "${body.events}"
                            steps:
                              - to: log:event
                """;
        String there = place.equals("before") ? "        - split:\n" : "        - to:\n            uri: direct:store-events\n";
        files.computeIfPresent("routes/route-bounces.camel.yaml", (file, text) -> text.replace(there, split + there));

        assertThatCode(() -> validate(files)).doesNotThrowAnyException();
    }

    @Test
    void theAggregationMayBeNamedAsABean() throws IOException {
        Map<String, String> files = files();
        files.computeIfPresent("routes/route-bounces.camel.yaml",
                (file, text) -> text.replace(": collectEvents", ": '#bean:collectEvents'"));

        assertThatCode(() -> validate(files)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"# nothing but a comment\n", "\n\n"})
    void anEmptyFileIsNamed(String text) throws IOException {
        Map<String, String> files = files();
        files.put("routes/route-bounces.camel.yaml", text);
        assertThatThrownBy(() -> validate(files)).isInstanceOf(BrokenFile.class)
                .hasMessage("routes/route-bounces.camel.yaml: the file is empty");
    }

    /** The message of the validation about this mistake. */
    private static String fault(String route, String right, String wrong) throws IOException {
        Map<String, String> files = files();
        String file = "routes/" + route + ".camel.yaml";
        edit(files, file, right, wrong);
        try {
            validate(files);
        } catch (BrokenFile e) {
            // Either of two files may be named: the file that lacks a route, or the file that needs the route.
            assertThat(e.file()).matches("(routes/.*)?");
            return e.getMessage();
        }
        throw new AssertionError("The validation finds no mistake");
    }

    private static void validate(Map<String, String> files) throws BrokenFile {
        new RouteValidation(application.context(), javaRoutes).validate(files);
    }
}
