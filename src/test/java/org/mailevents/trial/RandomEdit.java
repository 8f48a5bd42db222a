package org.mailevents.trial;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * An edit of {@code route-bounces} that is made at random. What it changes for a bounce is computed from the row alone.
 *
 * @param name    tells the edit in a failed test
 * @param applies whether the edit concerns a row
 * @param what    the kind of the change
 * @param value   the new audience or kind; the endpoint of a call; null for a failure
 */
record RandomEdit(String name, String draft, Predicate<Map<String, String>> applies, String what, String value) {

    static final List<String> CODES = List.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "99", "77");
    private static final List<String> CAUSES = List.of("unknown-user", "mailbox-full", "policy", "forwarding");
    static final List<String> DOMAINS = List.of("docomo.example", "softbank.example", "mail.example", "old.example");
    static final List<String> CAMPAIGNS = List.of("C1", "C2", "C3", "");

    private static final String STORE = "        - to:\n            uri: direct:store-events\n";

    /** @param active the text of the active file */
    static RandomEdit of(Random random, String active, String endpoint) {
        Set<String> codes = new TreeSet<>();
        while (codes.size() < 1 + random.nextInt(3)) {
            codes.add(any(random, CODES));
        }
        String domain = any(random, DOMAINS);
        String campaign = any(random, CAMPAIGNS.subList(0, 3));
        String cause = any(random, CAUSES);
        Map<String, Predicate<Map<String, String>>> conditions = new TreeMap<>(Map.of(
                "${body.status} regex '" + String.join("|", codes) + "'", row -> codes.contains(row.get("status")),
                "${body.cause} == '" + cause + "'", row -> cause.equals(row.get("cause")),
                "${body.recipient} endsWith '@" + domain + "'", row -> row.get("recipient").endsWith("@" + domain),
                "${body.apiData} == '" + campaign + "'", row -> campaign.equals(row.get("api_data"))));
        String condition = any(random, List.copyOf(conditions.keySet()));
        Predicate<Map<String, String>> applies = conditions.get(condition);
        return switch (random.nextInt(4)) {
            case 0 -> variable(active, condition, applies, "audience", any(random, List.of("list-owner", "postmaster", "new-team")));
            case 1 -> variable(active, condition, applies, "kind", any(random, List.of("policy", "temporary", "new kind")));
            case 2 -> new RandomEdit("call if " + condition, with(active, condition, """
                    - wireTap:
                        uri: "%s"
                    """.formatted(endpoint)), applies, "more-calls", endpoint);
            // A validation runs an event of each code and of each cause, so only a mistake that needs a campaign is not found.
            default -> new RandomEdit("failure in " + campaign, with(active, "${body.apiData} == '" + campaign + "'", """
                    - throwException:
                        exceptionType: java.lang.IllegalStateException
                        message: wrong campaign
                    """), conditions.get("${body.apiData} == '" + campaign + "'"), "fails", null);
        };
    }

    private static RandomEdit variable(String active, String condition, Predicate<Map<String, String>> applies, String name, String value) {
        return new RandomEdit(name + " " + value + " if " + condition, with(active, condition, """
                - setVariable:
                    name: %s
                    expression:
                      constant:
                        expression: %s
                """.formatted(name, value)), applies.and(row -> !value.equals(row.get(name))), name, value);
    }

    /** The file with one more step in its split. */
    static String with(String active, String condition, String step) {
        return active.replace(STORE, """
                - filter:
                    expression:
                      simple:
                        expression: "%s"
                    steps:
                """.formatted(condition).indent(14) + step.indent(20) + STORE);
    }

    private static <T> T any(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
