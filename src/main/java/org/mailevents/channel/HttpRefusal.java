package org.mailevents.channel;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.log.FailureText;

/**
 * The answer of a service that did not take a message.
 *
 * @param permanent whether the service would refuse the same message again (RFC 9110, 15.4 and 15.5), so that somebody must change
 *     something
 * @param notBefore when the service wants the next attempt ({@code Retry-After}, RFC 9110, 10.2.3), or null
 * @param text      the status and the beginning of the answer on one line, without the URL and the secrets
 */
public record HttpRefusal(boolean permanent, Instant notBefore, String text) {

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int MAX_TEXT = 200;
    /** The fewest characters of a part of a URL that may be a secret. */
    private static final int MIN_SECRET = 8;

    /**
     * The answer that made a step fail.
     *
     * @param failure any failure of a step
     * @param secrets texts that the result must not have, besides the parts of the URL
     * @param now     the time of the answer
     * @return empty if no HTTP server has answered
     */
    public static Optional<HttpRefusal> of(Throwable failure, Set<String> secrets, Instant now) {
        HttpOperationFailedException answer = ObjectHelper.getException(HttpOperationFailedException.class, failure);
        return Optional.ofNullable(answer).map(refused -> of(refused.getStatusCode(), refused.getResponseHeaders(),
                withoutSecrets(refused, secrets), now));
    }

    static HttpRefusal of(int status, Map<String, String> headers, String body, Instant now) {
        boolean temporary = status >= 500 || status == TOO_MANY_REQUESTS || status == 408 || status == 425;
        String text = FailureText.line(status + (body == null ? "" : " " + body));
        return new HttpRefusal(!temporary, temporary ? notBefore(header(headers, "Retry-After"), now) : null,
                text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text);
    }

    /**
     * Some servers quote the request in an error, and the URL of a webhook is a secret. They may write it in HTML or JSON, so its parts are
     * removed too. A shorter part is no secret, and may be a usual word.
     */
    private static String withoutSecrets(HttpOperationFailedException refused, Set<String> secrets) {
        String body = refused.getResponseBody();
        if (body == null) {
            return null;
        }
        String target = String.valueOf(refused.getUri()).replaceFirst("^\\w+://[^/?]*", "");
        String path = target.replaceFirst("\\?.*", "");
        Stream<String> parts = Stream.concat(Stream.of(path.split("/")),
                Stream.of(target.substring(path.length()).split("[?&]")).map(parameter -> parameter.replaceFirst("^[^=]*=", "")))
                .flatMap(part -> Stream.of(part, decoded(part))).filter(part -> part.length() >= MIN_SECRET);
        String text = path.length() < 2 ? body : body.replace(target, "/…").replace(path, "/…");
        // a longer part first, because it may contain a shorter one
        for (String secret : Stream.concat(parts, secrets.stream()).sorted(Comparator.comparing(String::length).reversed()).toList()) {
            text = text.replaceAll("(?i)" + Pattern.quote(secret), "…");
        }
        return text;
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replaceAll("%(?!\\p{XDigit}{2})", "%25"), StandardCharsets.UTF_8);
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
