package org.mailevents;

import ch.qos.logback.core.PropertyDefinerBase;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Gives the setting {@code log.format} to {@code logback.xml}. Logback asks for it before Camel reads the settings, so that the first line
 * already has the right format. The setting is for the jar only, because the Camel CLI has its own log ({@code camel run --logging-json}).
 * That is why this class is in the root package, which the CLI does not compile.
 */
public final class LogFormat extends PropertyDefinerBase {

    private static final String KEY = "log.format";

    /** Logback creates this object, so its constructor is public. */
    public LogFormat() {
    }

    /** The value of the setting. For an unknown format {@code logback.xml} writes text, and {@link #requireKnown} stops the start. */
    @Override
    public String getPropertyValue() {
        return setting();
    }

    /** @throws IllegalArgumentException if the setting is neither text nor json */
    static void requireKnown() {
        String format = setting();
        if (!format.equals("text") && !format.equals("json")) {
            throw new IllegalArgumentException("Set " + KEY + " to text or json: '" + format + "' is neither");
        }
    }

    /** Looks in the same order as Camel: first in the environment, then in the file. */
    private static String setting() {
        String format = System.getenv("LOG_FORMAT");
        if (format == null) {
            Properties file = new Properties();
            try (Reader reader = Files.newBufferedReader(Path.of("application.properties"))) {
                file.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                return "text"; // the file is optional, and Camel reports a mistake in it
            }
            format = file.getProperty(KEY, "");
        }
        return format.isBlank() ? "text" : format.trim();
    }
}
