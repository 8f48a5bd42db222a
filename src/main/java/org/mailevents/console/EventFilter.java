package org.mailevents.console;

import java.text.Normalizer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mailevents.event.AskedAddress;

/**
 * Which events are asked for, as SQL.
 *
 * @param from   the table or the view that the conditions are on
 * @param found  conditions that an index serves, for the rows that are read; may be empty
 * @param kept   conditions on the rows that were read, which are called {@code e}; may be empty
 * @param values the named parameters of both
 * @param since  the events were received at this time or later; null if it does not matter
 * @param until  the events were received before this time; null if it does not matter
 * @param readAs how the free text was read: its kind and its value; null if there was none
 */
record EventFilter(String from, List<String> found, List<String> kept, Map<String, Object> values, Instant since, Instant until,
        Map<String, String> readAs) {

    /** The names of the parameters. */
    static final Set<String> NAMES = Set.of("since", "until", "happenedSince", "status", "withoutEnd", "cause", "domain",
            "audience", "apiData", "sender", "recipient", "subject", "text");

    /** With this condition, the index of the bounces serves a question. */
    static final String BOUNCES = "event_type = 'bounces'";

    /** The recipient's server has neither accepted nor refused the message. This condition needs a query of its own, so it stands last. */
    private static final String WITHOUT_END = "event_type = 'deliveries' AND recipient IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_event"
            + " s WHERE s.message_id = e.message_id AND s.recipient = e.recipient AND (s.event_type = 'bounces'"
            + " OR s.event_type = 'deliveries' AND s.status IN ('succeeded', 'failed')))";
    private static final String CAUSE = "CASE event_type WHEN 'bounces' THEN COALESCE(cause, 'unknown') ELSE cause END";
    /** A whole address. A part of one, such as {@code taro@example}, has no domain with a dot. */
    private static final Pattern ADDRESS = Pattern.compile("(?:[^\\s@<>]+|\".+\")@[^\\s@<>]+\\.[^\\s@<>]+");
    private static final Pattern DOMAIN = Pattern.compile("@[^\\s@]+|(?:[\\p{L}\\p{N}_-]+\\.)+\\p{L}[\\p{L}\\p{N}-]+");

    /**
     * Reads the parameters of a request.
     *
     * @param asked     the parameters; one that is blank counts as left out
     * @param hash      what is stored instead of an address
     * @param isMessage whether there is a message of this Message-ID, without angle brackets: it looks like an address
     * @throws IllegalArgumentException says what to write instead of a parameter that is not valid
     */
    static EventFilter of(Map<String, String> asked, UnaryOperator<String> hash, Predicate<String> isMessage) {
        return new Reader(asked, hash).read(isMessage);
    }

    /** Reads the parameters of one request. */
    private static final class Reader {

        private final AskedAddress addresses = new AskedAddress();
        /** H2 sorts by an index in the table only, and finds an address by an index in the view only. */
        private String from = "mail_event";
        private final List<String> found = new ArrayList<>();
        private final List<String> kept = new ArrayList<>();
        private final Map<String, Object> values = new LinkedHashMap<>();
        private final Map<String, String> asked;
        private final UnaryOperator<String> hash;

        Reader(Map<String, String> asked, UnaryOperator<String> hash) {
            this.asked = asked;
            this.hash = hash;
        }

        EventFilter read(Predicate<String> isMessage) {
            Set<String> unknown = new TreeSet<>(asked.keySet());
            unknown.removeAll(NAMES);
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("There is no parameter " + String.join(", ", unknown) + ". Use "
                        + String.join(", ", new TreeSet<>(NAMES)) + ".");
            }
            Instant since = time("since");
            Instant until = time("until");
            if (since != null && until != null && !since.isBefore(until)) {
                throw new IllegalArgumentException("Set until to a time after since.");
            }
            Instant happenedSince = time("happenedSince");
            if (happenedSince != null) {
                kept.add("COALESCE(occurred_at, received_at) >= :happenedSince");
                values.put("happenedSince", happenedSince);
            }
            equal("status", EventView.STATUS);
            if ("bounced".equals(values.get("status"))) {
                found.add(BOUNCES);
            }
            equal("cause", CAUSE);
            equal("audience", "audience");
            given("domain").ifPresent(domain -> domain("domain", addresses.of(domain)));
            given("sender").ifPresent(sender -> containsEither("sender", List.of("sender"), sender, addresses.of(sender)));
            given("recipient").ifPresent(this::recipient);
            given("subject").ifPresent(subject -> contains("subject", List.of("subject"), subject));
            given("apiData").ifPresent(data -> contains("apiData", List.of("api_data"), data));
            Map<String, String> readAs = given("text").map(text -> text(text, isMessage)).orElse(null);
            given("withoutEnd").ifPresent(this::withoutEnd);
            return new EventFilter(from, found, kept, values, since, until, readAs);
        }

        private Optional<String> given(String name) {
            return Optional.of(asked.getOrDefault(name, "").strip()).filter(value -> !value.isEmpty());
        }

        private Instant time(String name) {
            try {
                return given(name).map(time -> OffsetDateTime.parse(time).toInstant()).orElse(null);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException("Set " + name + " to a time with a zone, such as 2026-11-30T09:00:00Z."
                        + " In an address, write + as %2B.", e);
            }
        }

        private void equal(String name, String sql) {
            given(name).ifPresent(value -> {
                kept.add(sql + " = :" + name);
                values.put(name, value);
            });
        }

        private void withoutEnd(String asked) {
            if (!asked.equals("true")) {
                throw new IllegalArgumentException("Set withoutEnd to true, or leave it out.");
            }
            kept.add(WITHOUT_END);
        }

        /** @param asked a domain, with or without the at sign and what is before it */
        private void domain(String name, String asked) {
            kept.add("LOWER(recipient) LIKE LOWER(CAST(:" + name + " AS varchar)) ESCAPE '!'");
            values.put(name, "%@" + escaped(asked.substring(asked.lastIndexOf('@') + 1)));
        }

        /** A whole address is found by its index. Anything else is a part of one. */
        private void recipient(String asked) {
            String address = addresses.of(asked);
            if (ADDRESS.matcher(address).matches()) {
                address("recipient", asked, address);
            } else {
                containsEither("recipient", List.of("recipient"), asked, address);
            }
        }

        /** Also the address as it was asked for, because mail may have been sent to it in full-width letters. */
        private void address(String name, String asked, String address) {
            from = "event_by_address";
            found.add("address IN (LOWER(CAST(:" + name + " AS varchar)), LOWER(CAST(:" + name + "Asked AS varchar)))");
            values.put(name, hash.apply(address));
            values.put(name + "Asked", hash.apply(asked));
        }

        private Map<String, String> text(String asked, Predicate<String> isMessage) {
            String pasted = addresses.of(asked);
            if (DOMAIN.matcher(pasted).matches()) {
                domain("text", pasted);
                return Map.of("domain", pasted.substring(pasted.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT));
            }
            if (pasted.contains("@") && isMessage.test(pasted)) {
                found.add("message_id IN (:text, CONCAT('<', CAST(:text AS varchar), '>'))");
                values.put("text", pasted);
                return Map.of("messageId", pasted);
            }
            if (ADDRESS.matcher(pasted).matches()) {
                address("text", asked, pasted);
                return Map.of("recipient", pasted);
            }
            contains("text", List.of("subject", "api_data", "recipient", "message_id"), asked);
            return Map.of("text", normalized(asked));
        }

        private void contains(String name, List<String> columns, String asked) {
            containsEither(name, columns, asked, normalized(asked));
        }

        /** The text as it was asked for is looked for as well, because what is stored stays as it was sent. */
        private void containsEither(String name, List<String> columns, String asked, String normalized) {
            List<String> either = new ArrayList<>();
            for (String part : new LinkedHashSet<>(List.of(normalized, asked))) {
                String parameter = name + either.size();
                either.add(columns.stream().map(column -> "LOWER(" + column + ")"
                        + " LIKE LOWER(CAST(:" + parameter + " AS varchar)) ESCAPE '!'").collect(Collectors.joining(" OR ")));
                values.put(parameter, "%" + escaped(part) + "%");
            }
            kept.add("(" + String.join(" OR ", either) + ")");
        }

        private static String normalized(String text) {
            return Normalizer.normalize(text, Normalizer.Form.NFKC).strip();
        }

        private static String escaped(String text) {
            return text.replaceAll("[!%_]", "!$0");
        }
    }
}
