package org.mailevents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.apache.camel.util.function.ThrowingFunction;
import org.mailevents.alert.AlertSteps;
import org.mailevents.alert.Preview;
import org.mailevents.console.ConsoleSteps;
import org.mailevents.live.LiveRoutes;
import org.mailevents.log.FailureText;
import org.mailevents.receive.ReceiveWebhook;
import org.mailevents.retention.ExpireEvents;
import org.mailevents.retention.RemovePersonalData;
import org.mailevents.sample.SampleMail;
import org.mailevents.spool.ReplaySpool;
import org.mailevents.spool.SpoolWebhook;
import org.mailevents.start.HealthPort;
import org.mailevents.store.CountEvents;
import org.mailevents.store.StoreEvents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs Mail Events from the jar, in a folder that holds {@code routes/} and {@code application.properties}; with the argument {@code preview} it
 * shows the alert mails in place of that, of samples or, with {@code preview stored}, of the bounces stored last; with {@code sample} it posts a day
 * of sample mail to the one that runs. {@link Help} lists the commands.
 */
public final class Application {

    private static final Logger LOG = LoggerFactory.getLogger("mail-events");

    private Application() {
    }

    public static void main(String... args) throws IOException {
        switch (String.join(" ", args)) {
            case "help", "--help", "-h" -> Help.printUsage();
            case "--version" -> Help.printVersion();
            default -> runHere(args);
        }
    }

    /** Does what needs the files of this folder. */
    private static void runHere(String... args) {
        try {
            LogFormat.requireKnown();
        } catch (IllegalArgumentException e) {
            LOG.error("Not started: {}", e.getMessage());
            System.exit(1);
        }
        if (!Files.isDirectory(Path.of("routes"))) {
            LOG.error("Not started: there is no routes/ here. Start in the folder that holds routes/ and application.properties.");
            System.exit(1);
        }
        try {
            switch (String.join(" ", args)) {
                case "" -> System.exit(configured().run(args));
                case "preview" -> LOG.info("Open it in a browser: {}", preview(false));
                case "preview stored" -> LOG.info("Open it in a browser: {}", preview(true));
                case "sample" -> sample(settled(), false).forEach(LOG::info);
                case "sample anyway" -> sample(settled(), true).forEach(LOG::info);
                default -> throw new IllegalArgumentException("There is no command " + String.join(" ", args)
                        + ": only preview, preview stored, sample, sample anyway, help, and --version");
            }
        } catch (Exception e) {
            LOG.error("{}: {}", args.length == 0 ? "Not started" : "Not done", FailureText.describe(e));
            System.exit(1);
        }
    }

    /** Renders the templates into a page. */
    private static Path preview(boolean stored) throws Exception {
        return aside(settled(), context -> new Preview(context).write(stored));
    }

    /** Posts a day of sample mail to the application that runs with these settings. */
    public static List<String> sample(Main main, boolean anyway) throws Exception {
        return aside(main, context -> new SampleMail(context).post(anyway));
    }

    /** Does something with the settings, without taking webhooks or sending mails. */
    private static <T> T aside(Main main, ThrowingFunction<CamelContext, T, Exception> command) throws Exception {
        main.configure().setRoutesCollectorEnabled(false);
        List.of("camel.server.enabled", "camel.management.enabled").forEach(door -> main.addOverrideProperty(door, "false"));
        main.start();
        try {
            return command.apply(main.getCamelContext());
        } finally {
            main.stop();
        }
    }

    /** The application, ready to be started. */
    public static Main configured() {
        Main main = settled();
        // named one by one: scanning the jar for them takes half a second of the start
        main.configure().addRoutesBuilder(ReceiveWebhook.class, StoreEvents.class, SpoolWebhook.class, ReplaySpool.class,
                AlertSteps.class, ExpireEvents.class, RemovePersonalData.class, CountEvents.class, ConsoleSteps.class);
        main.setRoutesCollector(new LiveRoutes());
        main.addMainListener(new HealthPort());
        return main;
    }

    /** With the settings of this folder. */
    public static Main settled() {
        Main main = new Main() {
            @Override
            protected CamelContext createCamelContext() {
                CamelContext context = super.createCamelContext();
                // a name in alert.to may be Japanese, and Camel would read the file as ISO 8859-1
                context.getPropertiesComponent().setEncoding(StandardCharsets.UTF_8.name());
                return context;
            }
        };
        // the file in the folder wins over the packaged one
        main.setDefaultPropertyPlaceholderLocation("file:application.properties;optional=true,classpath:application.properties");
        // the Java routes are in the jar: only `camel run` reads them from src/
        main.addOverrideProperty("camel.main.routesIncludePattern", "file:routes/*.camel.yaml");
        return main;
    }
}
