package org.mailevents.alert;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The fields of a form or of the query of a URL (application/x-www-form-urlencoded).
 *
 * @param fields the first value of each field
 */
record AnswerForm(Map<String, String> fields) {

    /** What a mail program sends when its user unsubscribes, in either form that RFC 8058, 3.2 allows. */
    private static final Pattern ONE_CLICK = Pattern.compile("\\A\\s*List-Unsubscribe=One-Click\\s*\\z"
            + "|name=\"?List-Unsubscribe\"?(?:\r?\n[^\r\n]++)*+\r?\n\r?\nOne-Click\\s", Pattern.CASE_INSENSITIVE);

    /** @param text null counts as empty; what is not encoded correctly is left out */
    static AnswerForm of(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String field : (text == null ? "" : text).split("&")) {
            String[] parts = field.split("=", 2);
            if (parts.length == 2) {
                decoded(parts[1]).ifPresent(value -> fields.putIfAbsent(parts[0], value));
            }
        }
        return new AnswerForm(fields);
    }

    /** Whether the body of a request is that of a mail program that unsubscribes. */
    static boolean isOneClick(String body) {
        return ONE_CLICK.matcher(body).find();
    }

    private static Optional<String> decoded(String value) {
        try {
            return Optional.of(URLDecoder.decode(value, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The value of a field, or an empty text. */
    String get(String name) {
        return fields.getOrDefault(name, "");
    }

    /** The version of the page that has this form, or empty. */
    String version() {
        return get("version").matches("\\d{1,9}-\\d{1,15}") ? get("version") : "";
    }

    /** The answer that is to be undone. */
    Optional<UUID> undo() {
        try {
            return fields.containsKey("undo") ? Optional.of(UUID.fromString(get("undo"))) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
