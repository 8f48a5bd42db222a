package org.mailevents.log;

import java.io.IOException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.RuntimeCamelException;
import org.jdbi.v3.core.JdbiException;

/**
 * Describes a failure in one line for the log. SMTP replies and database errors quote mail addresses, so these are removed. Of a web
 * address only the host remains, because the rest may be a secret: with the full address of a chat's webhook, anybody could write into that
 * chat.
 */
public final class FailureText {

    private static final Pattern ADDRESS = Pattern.compile("[^\\s<>\"'(),;:=]+@[^\\s<>\"'(),;:=]+");
    private static final Pattern WEB_ADDRESS = Pattern.compile("(https?://)(?:[^\\s/?#@]*@)?([^\\s/?#@]+)[/?#]\\S*");
    /** What a failure of HTTP in Camel says about a redirect without a host. */
    private static final Pattern REDIRECT = Pattern.compile("(redirectLocation: )/\\S*");
    private static final Pattern SERVER = Pattern.compile("^((?:https?|smtps?)://)(?:[^\\s/?#@]*@)?([^\\s/?#@]+)");
    private static final int MAX_LENGTH = 500;

    private FailureText() {
    }

    /** @return the class and message of the exception and of its root cause; "unknown" for null */
    public static String describe(Throwable failure) {
        if (failure == null) {
            return "unknown";
        }
        Throwable first = failure;
        while (first.getCause() != null && isWrapper(first)) {
            first = first.getCause();
        }
        String text = withoutCause(first);
        Throwable cause = first.getCause();
        while (cause != null && cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        if (cause != null && !text.contains(String.valueOf(cause.getMessage()))) {
            text = text.replaceFirst("\\.$", "") + ", because of " + withoutCause(cause);
        }
        return line(text);
    }

    /** The text on one line, of at most 500 characters, without addresses. */
    public static String line(String text) {
        String hosts = REDIRECT.matcher(WEB_ADDRESS.matcher(text).replaceAll("$1$2/…")).replaceAll("$1/…");
        String line = hosts.length() > MAX_LENGTH ? hosts.substring(0, MAX_LENGTH) + "…" : hosts;
        return ADDRESS.matcher(line).replaceAll("<address>").replaceAll("\\s+", " ").strip();
    }

    /**
     * The server of an endpoint, such as {@code https://crm.example.com}, if the failure is one of its connection. A timeout of Java does
     * not name the server that did not answer.
     *
     * @return an empty text if the failure is of another kind, or if its text names the server already
     */
    public static String server(String endpoint, Throwable failure) {
        Matcher server = SERVER.matcher(endpoint);
        boolean isConnection = Stream.iterate(failure, Objects::nonNull, Throwable::getCause).anyMatch(IOException.class::isInstance);
        return isConnection && server.find() && !describe(failure).contains(server.group(2)) ? server.group(1) + server.group(2) : "";
    }

    /** The message of a wrapper repeats the message of its cause. */
    private static boolean isWrapper(Throwable failure) {
        return failure instanceof CamelExchangeException || failure instanceof RuntimeCamelException || failure instanceof JdbiException;
    }

    private static String withoutCause(Throwable failure) {
        return failure.getClass().getSimpleName() + (failure.getMessage() == null ? "" : ": " + failure.getMessage());
    }
}
