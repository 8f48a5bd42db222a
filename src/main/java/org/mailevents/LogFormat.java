package org.mailevents;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.slf4j.LoggerFactory;

/**
 * The setting {@code log.format}. It is read before Camel reads the settings, so that the first line has it too. It is for the jar only, because the
 * Camel CLI brings a log of its own ({@code camel run --logging-json}); that is why this class does not lie in one of the folders that the CLI compiles.
 */
final class LogFormat {

    private static final String KEY = "log.format";

    private LogFormat() {
    }

    /** @throws IllegalArgumentException when it is set to what is no format */
    static void use() {
        String format = setting();
        switch (format) {
            case "text" -> { } // as logback.xml has it
            case "json" -> json();
            default -> throw new IllegalArgumentException("Set " + KEY + " to text or json: '" + format + "' is none");
        }
    }

    /** In the order in which Camel looks: the environment, the file. */
    private static String setting() {
        String format = System.getenv("LOG_FORMAT");
        if (format == null) {
            Properties file = new Properties();
            try (Reader reader = Files.newBufferedReader(Path.of("application.properties"))) {
                file.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                return "text"; // there need not be a file; and what is wrong with one, Camel says
            }
            format = file.getProperty(KEY, "");
        }
        return format.isBlank() ? "text" : format.trim();
    }

    private static void json() {
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(root.getLoggerContext());
        // one line of text with its values in place, not its parts; and nothing that is the same in every line
        encoder.setWithFormattedMessage(true);
        encoder.setWithMessage(false);
        encoder.setWithArguments(false);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.setWithContext(false);
        encoder.start();
        ((ConsoleAppender<ILoggingEvent>) root.getAppender("console")).setEncoder(encoder);
    }
}
