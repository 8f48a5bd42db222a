package org.mailevents.channel;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.log.FailureText;

/**
 * The answer of a service that did not take a message.
 *
 * @param permanent whether the service would refuse the same message again (RFC 9110, 15.4 and 15.5), so that somebody must change
 *     something
 * @param notBefore when the service wants the next attempt ({@code Retry-After}, RFC 9110, 10.2.3), or null
 * @param text      the status and the beginning of the answer on one line, without the URL
 */
public record HttpRefusal(boolean permanent, Instant notBefore, String text) {

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int MAX_TEXT = 200;

    /**
     * The answer that made a step fail.
     *
     * @param failure any failure of a step
     * @param now     the time of the answer
     * @return empty if no HTTP server has answered
     */
    public static Optional<HttpRefusal> of(Throwable failure, Instant now) {
        HttpOperationFailedException answer = ObjectHelper.getException(HttpOperationFailedException.class, failure);
        return Optional.ofNullable(answer).map(refused -> of(refused.getStatusCode(), refused.getResponseHeaders(),
                withoutPath(refused), now));
    }

    static HttpRefusal of(int status, Map<String, String> headers, String body, Instant now) {
        boolean temporary = status >= 500 || status == TOO_MANY_REQUESTS || status == 408 || status == 425;
        String text = FailureText.line(status + (body == null ? "" : " " + body));
        return new HttpRefusal(!temporary, temporary ? notBefore(header(headers, "Retry-After"), now) : null,
                text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text);
    }

    /** Some servers quote the path of the request in an error, and the path of a webhook is a secret. */
    private static String withoutPath(HttpOperationFailedException refused) {
        String target = String.valueOf(refused.getUri()).replaceFirst("^\\w+://[^/?]*", "");
        String path = target.replaceFirst("\\?.*", "");
        String body = refused.getResponseBody();
        return body == null || path.length() < 2 ? body : body.replace(target, "/…").replace(path, "/…");
    }

    private static Instant notBefore(String retryAfter, Instant now) {
        if (retryAfter == null) {
            return null;
        }
        Instant wanted = retryAfter.matches("\\d{1,9}") ? now.plusSeconds(Long.parseLong(retryAfter)) : date(retryAfter);
        return wanted == null || !wanted.isAfter(now) ? null : wanted;
    }

    private static Instant date(String text) {
        try {
            return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** HTTP does not distinguish the case of a header's name. */
    private static String header(Map<String, String> headers, String name) {
        return headers == null ? null : headers.entrySet().stream().filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(header -> header.getValue().strip()).findAny().orElse(null);
    }
}
