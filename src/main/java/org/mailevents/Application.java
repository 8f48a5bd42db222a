package org.mailevents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.apache.camel.util.function.ThrowingFunction;
import org.mailevents.alert.AlertSteps;
import org.mailevents.alert.AnswerSteps;
import org.mailevents.alert.Preview;
import org.mailevents.aside.AsideSteps;
import org.mailevents.cause.ExplainCommand;
import org.mailevents.console.CauseSteps;
import org.mailevents.console.ConsoleSteps;
import org.mailevents.console.EventSteps;
import org.mailevents.explain.ExplainSteps;
import org.mailevents.http.RunningApplication;
import org.mailevents.kafka.ReplayLog;
import org.mailevents.live.LiveCauses;
import org.mailevents.live.LiveRoutes;
import org.mailevents.log.FailureText;
import org.mailevents.receive.ReceiveWebhook;
import org.mailevents.reconcile.ReconcileCommand;
import org.mailevents.reconcile.ReconcileSteps;
import org.mailevents.retention.ExpireEvents;
import org.mailevents.retention.RemovePersonalData;
import org.mailevents.sample.SampleMail;
import org.mailevents.settings.Settings;
import org.mailevents.spool.ReplaySpool;
import org.mailevents.spool.SpoolWebhook;
import org.mailevents.start.Check;
import org.mailevents.start.HealthPort;
import org.mailevents.start.Wiring;
import org.mailevents.store.CountEvents;
import org.mailevents.store.FindLooseEnds;
import org.mailevents.store.PreparePartitions;
import org.mailevents.store.StoreEvents;
import org.mailevents.trial.TryCommand;
import org.mailevents.trial.TryRoutes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs Mail Events from the jar, in a folder that holds {@code routes/} and {@code application.properties}. With an argument it runs a
 * command instead, such as {@code preview} or {@code sample}. {@link Help} lists the commands.
 */
public final class Application {

    private Application() {
    }

    public static void main(String... args) throws IOException {
        switch (String.join(" ", args)) {
            case "help", "--help", "-h" -> Help.printUsage();
            case "--version" -> Help.printVersion();
            default -> {
                if (args.length > 0 && args.length <= 2 && args[0].equals("check")) {
                    check(args.length == 1 ? Path.of("") : Path.of(args[1]));
                } else {
                    runHere(args);
                }
            }
        }
    }

    /** Prints all mistakes in the files of a folder. The exit status says whether there are any, so that a script can stop at them. */
    private static void check(Path folder) throws IOException {
        boolean passed = false;
        try {
            Check.Report report = check(withSettings(folder), folder);
            Help.print(String.join("\n", report.lines()) + "\n");
            passed = report.passed();
        } catch (Exception e) {
            Help.print("Not checked: " + refusal(e) + "\n");
        }
        System.exit(passed ? 0 : 1);
    }

    /** Looks for all mistakes in the files of a folder. */
    public static Check.Report check(Main main, Path folder) throws Exception {
        if (!Files.isDirectory(folder.resolve("routes"))) {
            throw new IllegalArgumentException((folder.toString().isEmpty() ? "this folder" : folder) + " has no routes/. Name the folder"
                    + " that holds routes/ and application.properties");
        }
        return withoutServer(main, context -> new Check(context, folder.resolve(ConfiguredMain.PROPERTIES)).run());
    }

    /** Runs the application or a command that needs the files of this folder. */
    private static void runHere(String... args) {
        try {
            LogFormat.requireKnown();
        } catch (IllegalArgumentException e) {
            log().error("Not started: {}", e.getMessage());
            System.exit(1);
        }
        if (!Files.isDirectory(Path.of("routes"))) {
            log().error("Not started: this folder has no routes/. Start in the folder that holds routes/ and application.properties.");
            System.exit(1);
        }
        try {
            switch (String.join(" ", args)) {
                case "" -> System.exit(configured().run(args));
                case "preview" -> log().info("Open it in a browser: {}", writePreview(false));
                case "preview stored" -> log().info("Open it in a browser: {}", writePreview(true));
                case "sample" -> sample(withSettings(), false).forEach(log()::info);
                case "sample anyway" -> sample(withSettings(), true).forEach(log()::info);
                default -> runWithArguments(args);
            }
        } catch (Exception e) {
            log().error("{}: {}", args.length == 0 ? "Not started" : "Not done", refusal(e));
            System.exit(1);
        }
    }

    /** These exceptions say what the user has to change. With the name of a class in front, they would look like a crash. */
    private static String refusal(Exception e) {
        return FailureText.describe(e).replaceFirst("^(?:IllegalStateException|IllegalArgumentException|BrokenFile): ", "");
    }

    /** Not a constant, because the log takes as long to open as the whole command {@code help}, and some commands only print. */
    private static Logger log() {
        return LoggerFactory.getLogger("mail-events");
    }

    private static void runWithArguments(String... args) throws Exception {
        if (args[0].equals("try")) {
            Help.print(tryRoutes(withSettings(), List.of(args).subList(1, args.length)));
        } else if (args[0].equals("reconcile")) {
            Help.print(reconcile(withSettings(), List.of(args).subList(1, args.length)));
        } else if (args[0].equals("explain")) {
            printExplanation(List.of(args).subList(1, args.length));
        } else if (args[0].equals("explain-decision")) {
            if (args.length != 2) {
                throw new IllegalArgumentException("The command explain-decision needs the id of one event, which is the eventId in the"
                        + " history of an address or a message: GET /api/recipients/{address} or GET /api/messages/{message-id}.");
            }
            Help.print(explainDecision(withSettings(), args[1]));
        } else {
            throw new IllegalArgumentException("Unknown command: " + String.join(" ", args) + ". The commands are preview, preview stored,"
                    + " check [folder], sample, sample anyway, try, reconcile with a day, explain with a reply,"
                    + " explain-decision with the id of an event, help and --version.");
        }
    }

    /** Mistakes go to the standard error, because a program may read the answers. */
    private static void printExplanation(List<String> arguments) throws IOException {
        List<String> mistakes;
        try {
            ExplainCommand.Answer answer = explain(Path.of(""), arguments);
            Help.print(answer.text());
            mistakes = answer.mistakes();
        } catch (Exception e) {
            mistakes = List.of("Not done: " + refusal(e));
        }
        mistakes.forEach(System.err::println);
        System.exit(mistakes.isEmpty() ? 0 : 1);
    }

    /** Asks the application that runs with these settings what drafts of routes would change, and returns the answer as text. */
    public static String tryRoutes(Main main, List<String> arguments) throws Exception {
        return withoutServer(main, context -> TryCommand.run(context, arguments));
    }

    /** Has the application that runs with these settings compare a day with the vendor, and returns the result as text. */
    public static String reconcile(Main main, List<String> arguments) throws Exception {
        return withoutServer(main, context -> ReconcileCommand.run(context, arguments));
    }

    /**
     * Tells the cause of replies with the rules of a folder. No application needs to run, and Camel is not started, because its start takes
     * longer than ten thousand replies.
     */
    public static ExplainCommand.Answer explain(Path folder, List<String> arguments) throws Exception {
        return ExplainCommand.run(LiveCauses.read(folder.resolve("routes")),
                () -> new ConfiguredMain(folder).settings().required("alert.language"), arguments);
    }

    /** Asks the application that runs with these settings why an event has its audience, and returns the answer as text. */
    public static String explainDecision(Main main, String eventId) throws Exception {
        return withoutServer(main, context -> new RunningApplication(context).ask("/api/events/" + eventId + "/decision"))
                .path("text").asText();
    }

    /** Renders the templates into a page and returns its file. */
    private static Path writePreview(boolean stored) throws Exception {
        return withoutServer(withSettings(), context -> new Preview(context).write(stored));
    }

    /** Posts a day of sample mail to the application that runs with these settings. */
    public static List<String> sample(Main main, boolean anyway) throws Exception {
        return withoutServer(main, context -> new SampleMail(context).post(anyway));
    }

    /** Runs a command with the settings of this folder. The application then neither takes webhooks nor sends mails. */
    private static <T> T withoutServer(Main main, ThrowingFunction<CamelContext, T, Exception> command) throws Exception {
        main.configure().setRoutesCollectorEnabled(false);
        List.of("camel.server.enabled", "camel.management.enabled").forEach(server -> main.addOverrideProperty(server, "false"));
        main.start();
        Wiring.bindPartsInMemory(main.getCamelContext());
        try {
            return command.apply(main.getCamelContext());
        } finally {
            main.stop();
        }
    }

    /** The application, ready to be started. */
    public static Main configured() {
        Main main = withSettings();
        main.configure().addConfiguration(Wiring.class);
        // They are named one by one, because a scan of the jar takes half a second of the start.
        main.configure().addRoutesBuilder(ReceiveWebhook.class, StoreEvents.class, SpoolWebhook.class, ReplaySpool.class,
                ReplayLog.class, AlertSteps.class, AnswerSteps.class, ExpireEvents.class, RemovePersonalData.class, CountEvents.class,
                FindLooseEnds.class, PreparePartitions.class, CauseSteps.class, ConsoleSteps.class, EventSteps.class, ExplainSteps.class,
                TryRoutes.class, ReconcileSteps.class, AsideSteps.class);
        main.setRoutesCollector(new LiveRoutes());
        main.addMainListener(new HealthPort());
        return main;
    }

    /** A Camel with the settings of this folder, and with the defaults of the jar for the settings that the folder lacks. */
    public static Main withSettings() {
        return withSettings(Path.of(""));
    }

    /** The same with the settings and the routes of another folder. */
    public static Main withSettings(Path folder) {
        return new ConfiguredMain(folder);
    }
}
