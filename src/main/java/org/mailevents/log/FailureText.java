package org.mailevents.log;

import java.util.regex.Pattern;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeCamelException;

/**
 * Tells a failure in one line for the log, without the addresses that SMTP replies and database errors quote, and of a web address only
 * the host: with what stands behind it anybody could write into a team's chat.
 */
public final class FailureText {

    /** The name under which the routes refer to it. */
    public static final String NAME = "failure";

    private static final Pattern ADDRESS = Pattern.compile("[^\\s<>\"'(),;:=]+@[^\\s<>\"'(),;:=]+");
    private static final Pattern WEB_ADDRESS = Pattern.compile("(https?://)(?:[^\\s/?#@]*@)?([^\\s/?#@]+)[/?#]\\S*");
    private static final int MAX_LENGTH = 500;

    /** @return the kind and message of the exception and of its cause; a null is said to be unknown */
    public static String describe(Throwable failure) {
        if (failure == null) {
            return "unknown";
        }
        Throwable first = failure;
        while (first.getCause() != null && (first instanceof CamelExchangeException || first instanceof RuntimeCamelException)) {
            first = first.getCause(); // Camel's wrappings repeat what they wrap
        }
        String text = one(first);
        Throwable cause = first.getCause();
        while (cause != null && cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        if (cause != null && !text.contains(String.valueOf(cause.getMessage()))) {
            text += ", because of " + one(cause);
        }
        return line(text);
    }

    /** The text on one line, not too long, and without addresses. */
    public static String line(String text) {
        String hosts = WEB_ADDRESS.matcher(text).replaceAll("$1$2/…");
        String line = hosts.length() > MAX_LENGTH ? hosts.substring(0, MAX_LENGTH) + "…" : hosts;
        return ADDRESS.matcher(line).replaceAll("<address>").replaceAll("\\s+", " ").strip();
    }

    /** The failure of an exchange, with the route and the step where it happened. */
    public String at(Exchange exchange) {
        return exchange.getProperty(Exchange.FAILURE_ROUTE_ID) + ": " + describe(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
    }

    private static String one(Throwable failure) {
        return failure.getClass().getSimpleName() + (failure.getMessage() == null ? "" : ": " + failure.getMessage());
    }
}
