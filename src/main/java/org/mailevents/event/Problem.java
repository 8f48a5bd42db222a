package org.mailevents.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Duration;
import java.util.Map;

/**
 * An error answer (RFC 9457). Its type is {@code about:blank}, which is left out.
 *
 * @param title  the reason phrase of the status
 * @param status the HTTP status
 * @param detail what the caller must change. It contains no text of the request
 * @param what   a fixed word for a program, an extension member of RFC 9457 (3.2), such as {@link #DATABASE_DOWN}; null if there is none
 */
@JsonPropertyOrder({"title", "status", "detail", "what"})
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(String title, int status, String detail, String what) implements WebhookAnswer {

    /** The database cannot be reached. The health of the summary has the same word. */
    public static final String DATABASE_DOWN = "database-down";

    /** The value of the header {@code Retry-After} of a 503. */
    public static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    private static final Map<Integer, String> PHRASES = Map.ofEntries(Map.entry(400, "Bad Request"), Map.entry(401, "Unauthorized"),
            Map.entry(403, "Forbidden"), Map.entry(404, "Not Found"), Map.entry(405, "Method Not Allowed"),
            Map.entry(408, "Request Timeout"), Map.entry(409, "Conflict"), Map.entry(413, "Content Too Large"),
            Map.entry(414, "URI Too Long"), Map.entry(415, "Unsupported Media Type"), Map.entry(422, "Unprocessable Content"),
            Map.entry(429, "Too Many Requests"), Map.entry(431, "Request Header Fields Too Large"),
            Map.entry(500, "Internal Server Error"), Map.entry(503, "Service Unavailable"));

    public Problem(int status, String detail) {
        this(status, detail, null);
    }

    public Problem(int status, String detail, String what) {
        this(PHRASES.get(status), status, detail, what);
    }

    /** The events could be stored nowhere. */
    public static Problem unavailable() {
        return new Problem(503, "The events could be stored neither in the database nor in the spool. The log of this server says why."
                + " Send the webhook again later.");
    }

    @Override
    public String mediaType() {
        return "application/problem+json";
    }
}
