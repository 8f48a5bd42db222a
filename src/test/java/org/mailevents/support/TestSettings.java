package org.mailevents.support;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.main.Main;
import org.mailevents.Application;

/**
 * The settings in which an application under test differs from {@code application.properties}, and the ways to start the application with
 * them. Every method returns new settings, so a test can start several applications from the same ones.
 *
 * @param map each setting by its name
 */
public record TestSettings(Map<String, String> map) {

    public TestSettings {
        map = Map.copyOf(map);
    }

    /** The settings of {@code application.properties}, without a change. */
    public static TestSettings none() {
        return new TestSettings(Map.of());
    }

    /** Rows go into this database, and mails into a new folder that no test reads. */
    public static TestSettings of(TestDatabase database) {
        return new TestSettings(database.settings()).with("alert.endpoint", "file:" + TemporaryFolder.create("outbox"));
    }

    /** Rows go into this database, and mails into this mailbox within about a second. */
    public static TestSettings of(TestDatabase database, Mailbox mailbox) {
        return new TestSettings(database.settings()).with(mailbox.settings());
    }

    /** Adds these settings: a name, its value, the next name, its value, and so on. A number is taken as its text. */
    public TestSettings with(Object... namesAndValues) {
        Map<String, String> more = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            more.put(namesAndValues[i].toString(), namesAndValues[i + 1].toString());
        }
        return with(more);
    }

    /** Adds these settings, which replace earlier settings of the same name. */
    public TestSettings with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(map);
        all.putAll(more);
        return new TestSettings(all);
    }

    /** Uses the YAML routes of this folder instead of those in the project's {@code routes/}. */
    public TestSettings withRoutes(Path routes) {
        return with("camel.main.routesIncludePattern", "file:" + routes + "/*.camel.yaml");
    }

    /** Starts the application in the JVM of the test. Returns when the application takes webhooks. */
    public InProcess startInProcess() {
        return startInProcess(Application.configured());
    }

    /**
     * Starts the application in the JVM of the test. Returns when the application takes webhooks.
     *
     * @param main the application, not yet started, to which a test has bound its own parts
     */
    public InProcess startInProcess(Main main) {
        return new InProcess(main, map);
    }

    /** Runs {@code java -jar target/mail-events.jar} in a new folder. Returns when the application takes webhooks. */
    public OwnProcess startJar() {
        return OwnProcess.jar(map).started();
    }

    /**
     * Runs {@code java -jar target/mail-events.jar} in this folder, which holds the routes and the settings. Returns when the application
     * takes webhooks.
     */
    public OwnProcess startJar(Path folder) {
        return launchJar(folder).started();
    }

    /** Runs {@code java -jar target/mail-events.jar} with these arguments. Returns at once. */
    public OwnProcess launchJar(Path folder, String... arguments) {
        return OwnProcess.jar(folder, map, arguments);
    }

    /** Runs {@code camel run application.properties} in a new folder. Returns when the application takes webhooks. */
    public OwnProcess startCamelRun() {
        return OwnProcess.camelRun(map).started();
    }

    /**
     * Runs {@code camel run application.properties} in this folder, which also holds the sources. Returns when the application takes
     * webhooks.
     */
    public OwnProcess startCamelRun(Path folder) {
        return OwnProcess.camelRun(folder, map).started();
    }
}
