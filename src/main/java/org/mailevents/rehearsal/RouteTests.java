package org.mailevents.rehearsal;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookBody;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.rehearsal.RehearsalOutcome.Call;
import org.mailevents.rehearsal.RouteTest.Send;
import org.mailevents.rehearsal.RouteTest.Word;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.Place;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteGraph;
import org.mailevents.settings.Settings;

/**
 * Runs the tests of the routes: {@code routes/tests/*.test.yaml}. A webhook of a test is read as a posted webhook is read, so a test means
 * what the webhook means.
 */
public final class RouteTests {

    /** How Camel labels the steps that decide what happens next. */
    private static final Pattern CHOICE = Pattern.compile("choice|filter|loop|split|toD|dynamicTo|recipientList|routingSlip|dynamicRouter");
    private static final Instant RECEIVED_AT = Instant.parse("2026-01-05T00:00:07Z");

    private final CamelContext application;
    private final WebhookReader reader;

    /** @param application the context whose event reader reads the webhooks */
    public RouteTests(CamelContext application) {
        this(application, mandatoryFindSingleByType(application, EventReader.class));
    }

    /** @param events reads the webhooks, for instance by other rules of causes than those of the application */
    public RouteTests(CamelContext application, EventReader events) {
        this.application = application;
        this.reader = new WebhookReader(events, mandatoryFindSingleByType(application, RecipientHash.class));
    }

    /**
     * The result of all tests.
     *
     * @param tests     how many tests there are
     * @param failed    the tests that fail, and the files that cannot be read
     * @param undecided the tests whose result depends on the answer of another system
     */
    public record Result(int tests, List<BrokenFile> failed, List<BrokenFile> undecided) {
    }

    /**
     * What a test finds.
     *
     * @param open whether the answer of another system, which the rehearsal does not know, may make a difference
     */
    private record Difference(int line, String text, boolean open) {
    }

    /**
     * The audiences that the tests expect. So the team knows them, and they are not misspelt. A file that cannot be read is left out.
     *
     * @param files the text of each file, by its path; other files than tests are left out
     */
    public static Set<String> audiences(Map<String, String> files) {
        Set<String> audiences = new TreeSet<>();
        files.forEach((file, text) -> {
            try {
                if (RouteFiles.isTest(file)) {
                    new RouteTestReader(file, text).read().stream().map(RouteTest::audience).filter(Objects::nonNull)
                            .forEach(audience -> audiences.add(audience.text()));
                }
            } catch (BrokenFile e) {
                // the validation of the routes names the mistake
            }
        });
        audiences.remove(RouteTest.NONE);
        return audiences;
    }

    /**
     * Runs all tests.
     *
     * @param rehearsal the routes, ready to run
     * @param files the text of each file, by its path; other files than tests are left out
     */
    public Result run(Rehearsal rehearsal, Map<String, String> files) {
        int tests = 0;
        List<BrokenFile> failed = new ArrayList<>();
        List<BrokenFile> undecided = new ArrayList<>();
        for (Map.Entry<String, String> file : files.entrySet()) {
            try {
                for (RouteTest test : RouteFiles.isTest(file.getKey()) ? new RouteTestReader(file.getKey(), file.getValue()).read()
                        : List.<RouteTest>of()) {
                    tests++;
                    run(rehearsal, files, test, failed, undecided);
                }
            } catch (BrokenFile e) {
                failed.add(e);
            }
        }
        return new Result(tests, failed, undecided);
    }

    private void run(Rehearsal rehearsal, Map<String, String> files, RouteTest test, List<BrokenFile> failed, List<BrokenFile> undecided)
            throws BrokenFile {
        Webhook webhook = webhook(test);
        Optional<BrokenFile> wrongCause = wrongCause(test, webhook);
        if (wrongCause.isPresent()) {
            failed.add(wrongCause.get());
            return;
        }
        RehearsalOutcome outcome = rehearsal.runInTime(webhook);
        Difference difference = difference(test, outcome);
        if (difference == null) {
            return;
        }
        String name = "the test \"" + test.name() + "\" ";
        if (difference.open()) {
            undecided.add(new BrokenFile(test.file(), test.line(), name + "is undecided, because the routes need the answer of another"
                    + " system. Without the answer, it " + difference.text()));
        } else {
            String reason = BrokenFile.sentence(name + difference.text()) + hints(rehearsal, files, outcome);
            failed.add(new BrokenFile(test.file(), difference.line(), reason + " If the routes are right, change or delete this test."));
        }
    }

    /** What is probably misspelt in the steps that ran. Otherwise a misspelt variable would look like a decision that is missing. */
    private String hints(Rehearsal rehearsal, Map<String, String> files, RehearsalOutcome outcome) {
        return new MisspeltDecisions(new Settings(application), files).in(rehearsal.routes()).stream()
                .filter(hint -> hint.text().contains("Did you mean")) // a new audience is not misspelt
                .filter(hint -> outcome.steps().stream().anyMatch(step -> step.toString().equals(hint.place())))
                .map(hint -> " Please check " + BrokenFile.sentence(hint.toString())).collect(Collectors.joining());
    }

    /**
     * Runs all tests.
     *
     * @return the tests whose result depends on the answer of another system
     * @throws BrokenFile the first test that fails; its text names the others
     */
    public List<BrokenFile> requirePassed(Rehearsal rehearsal, Map<String, String> files) throws BrokenFile {
        Result result = run(rehearsal, files);
        List<BrokenFile> failed = result.failed();
        if (failed.isEmpty()) {
            return result.undecided();
        }
        BrokenFile first = failed.get(0);
        String others = failed.stream().skip(1)
                .map(other -> other.file().equals(first.file()) ? "line " + other.line() : other.file() + ":" + other.line())
                .collect(Collectors.joining(", "));
        throw others.isEmpty() ? first : new BrokenFile(first.file(), first.line(),
                first.reason() + " The tests at these places fail as well: " + others);
    }

    private Webhook webhook(RouteTest test) throws BrokenFile {
        try (WebhookPieces pieces = reader.read(WebhookBody.of(false, test.webhook()), RECEIVED_AT)) {
            Webhook webhook = pieces.next();
            String reason = webhook.problem() != null ? webhook.problem().detail()
                    : !webhook.rejected().isEmpty() ? webhook.rejected().get(0).reason()
                    : webhook.events().isEmpty() ? "the webhook has no event" : null;
            if (reason != null) {
                throw new BrokenFile(test.file(), test.line(), "the event of the test \"" + test.name() + "\" cannot be stored: " + reason);
            }
            return webhook;
        }
    }

    /** The rules decide the cause before the routes run, so no step is at fault. */
    private static Optional<BrokenFile> wrongCause(RouteTest test, Webhook webhook) {
        Word expected = test.cause();
        return expected == null ? Optional.empty() : webhook.events().stream().map(event -> orNone(event.cause()))
                .filter(cause -> !cause.equals(expected.text())).findFirst()
                .map(cause -> new BrokenFile(test.file(), expected.line(), "the test \"" + test.name() + "\" expects the cause "
                        + expected.text() + ", but the rules give " + cause + ". If the rules are right, change or delete this test."));
    }

    /** What differs from what the test expects, or null. */
    private Difference difference(RouteTest test, RehearsalOutcome outcome) {
        if (outcome.failure() != null) {
            return new Difference(test.line(), "fails in the routes: " + outcome.failure().getMessage(), outcome.answerMissing());
        }
        for (MailEvent event : outcome.stored()) {
            if (test.kind() != null && !test.kind().text().equals(orNone(event.kind()))) {
                return new Difference(test.kind().line(), "expects the kind " + test.kind().text() + ", but the routes give "
                        + orNone(event.kind()) + decided(outcome, "kind"), outcome.decisionOpen());
            }
            String audience = audience(event);
            if (test.audience() != null && !test.audience().text().equals(audience)) {
                return new Difference(test.audience().line(), "expects the audience " + test.audience().text() + ", but the routes "
                        + (audience == null ? "set no audience" : "give " + audience) + decided(outcome, "audience"),
                        outcome.decisionOpen());
            }
        }
        return test.sends() == null ? null : sendDifference(test, outcome);
    }

    private Difference sendDifference(RouteTest test, RehearsalOutcome outcome) {
        List<Send> sends = test.sends().all();
        List<Call> calls = outcome.calls();
        for (int i = 0; i < Math.max(sends.size(), calls.size()); i++) {
            Send send = i < sends.size() ? sends.get(i) : null;
            Call call = i < calls.size() ? calls.get(i) : null;
            String text = send != null ? sendDifference(send, call) : "expects no " + (i == 0 ? "" : "further ")
                    + "message, but the routes send one to " + call.endpoint() + " (" + call.place() + ")";
            if (text != null) {
                boolean otherBody = send != null && call != null && endpoint(send).equals(call.endpoint());
                return new Difference(send == null ? test.sends().line() : send.line(), text,
                        otherBody ? call.afterAnswer() : outcome.answerMissing() && choosesAfterCall(outcome));
            }
        }
        return null;
    }

    private String endpoint(Send send) {
        return RouteGraph.endpointName(application.resolvePropertyPlaceholders(send.to()));
    }

    /** Whether an answer may decide where the routes send the next message. */
    private static boolean choosesAfterCall(RehearsalOutcome outcome) {
        List<Place> steps = outcome.steps();
        int call = outcome.calls().isEmpty() ? -1 : steps.indexOf(outcome.calls().get(0).place());
        return steps.subList(call + 1, steps.size()).stream().anyMatch(step -> CHOICE.matcher(step.step()).lookingAt());
    }

    private String sendDifference(Send send, Call call) {
        String endpoint = endpoint(send);
        if (call == null) {
            return "expects a message to " + endpoint + ", but the routes send none";
        }
        if (!endpoint.equals(call.endpoint())) {
            return "expects a message to " + endpoint + ", but the routes send it to " + call.endpoint() + " (" + call.place() + ")";
        }
        return send.contains() == null || call.body() != null && call.body().contains(send.contains()) ? null
                : "expects \"" + send.contains() + "\" in the message to " + endpoint + ", but the routes send \"" + call.body() + "\" ("
                        + call.place() + ")";
    }

    /** Names the last step that set the variable. */
    private static String decided(RehearsalOutcome outcome, String variable) {
        return outcome.steps().stream().filter(step -> step.step().matches("(set|remove)Variables?\\[(.*,)?" + variable + "(,.*)?]"))
                .reduce((first, last) -> last).map(step -> " (" + step + ")").orElse("");
    }

    /** The audience that the routes decided; null for a bounce that is left to {@code alert.undecided}, which is not {@code none}. */
    private static String audience(MailEvent event) {
        boolean undecided = event.audience() == null && event.eventType().equals(MailEvent.BOUNCES);
        return undecided ? null : orNone(event.audience());
    }

    private static String orNone(String word) {
        return word == null ? RouteTest.NONE : word;
    }
}
