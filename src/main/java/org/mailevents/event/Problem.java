package org.mailevents.event;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Duration;
import java.util.Map;

/**
 * An error answer (RFC 9457). Its type is {@code about:blank}, which is left out.
 *
 * @param title  the reason phrase of the status
 * @param status the HTTP status
 * @param detail what the caller must change. It contains no text of the request
 */
@JsonPropertyOrder({"title", "status", "detail"})
public record Problem(String title, int status, String detail) implements WebhookAnswer {

    /** The value of the header {@code Retry-After} of a 503. */
    public static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    private static final Map<Integer, String> PHRASES = Map.ofEntries(Map.entry(400, "Bad Request"), Map.entry(401, "Unauthorized"),
            Map.entry(403, "Forbidden"), Map.entry(404, "Not Found"), Map.entry(405, "Method Not Allowed"),
            Map.entry(408, "Request Timeout"), Map.entry(409, "Conflict"), Map.entry(413, "Content Too Large"),
            Map.entry(414, "URI Too Long"), Map.entry(415, "Unsupported Media Type"), Map.entry(422, "Unprocessable Content"),
            Map.entry(429, "Too Many Requests"), Map.entry(431, "Request Header Fields Too Large"),
            Map.entry(500, "Internal Server Error"), Map.entry(503, "Service Unavailable"));

    public Problem(int status, String detail) {
        this(PHRASES.get(status), status, detail);
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
