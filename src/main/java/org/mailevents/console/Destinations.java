package org.mailevents.console;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.mailevents.console.Summary.Domain;
import org.mailevents.store.DestinationCounts;

/** Answers where mail is failing. */
final class Destinations {

    private static final int MOST = 10;

    static final String COUNTS = "SELECT domain_of, cause_of, SUM(events) AS events FROM ("
            + "SELECT domain AS domain_of, cause AS cause_of, events FROM destination_count WHERE occurred_hour >= ?"
            + " UNION ALL SELECT " + DestinationCounts.DOMAIN + ", " + DestinationCounts.CAUSE + ", 1 FROM mail_event"
            + " WHERE received_at >= ? AND COALESCE(occurred_at, received_at) >= ? AND " + DestinationCounts.FINISHED
            + ") counts GROUP BY domain_of, cause_of";

    private Destinations() {
    }

    private record Count(String domainOf, String causeOf, long events) {
    }

    /**
     * The destinations with the most bounces, and all other destinations with bounces together, without a name, as the last one.
     *
     * @param since     the beginning of an hour
     * @param uncounted from this time of receipt on, events are not counted yet
     * @param known     makes the id of a cause that the active table has, of any other one
     */
    static List<Domain> read(Handle handle, Instant since, Instant uncounted, UnaryOperator<String> known) {
        Map<String, Map<String, Long>> causes = new HashMap<>();
        Map<String, Long> finished = new HashMap<>();
        handle.select(COUNTS, since, uncounted, since).mapTo(Count.class).forEach(count -> {
            finished.merge(count.domainOf(), count.events(), Long::sum);
            if (count.causeOf() != null) {
                causes.computeIfAbsent(count.domainOf(), domain -> new HashMap<>())
                        .merge(known.apply(count.causeOf()), count.events(), Long::sum);
            }
        });
        List<Domain> domains = causes.entrySet().stream()
                .map(entry -> domain(entry.getKey(), entry.getValue(), finished.get(entry.getKey())))
                .sorted(Comparator.comparing(Domain::bounces).reversed().thenComparing(Domain::finished).thenComparing(Domain::domain))
                .toList();
        List<Domain> named = domains.stream().filter(domain -> !domain.domain().equals(DestinationCounts.OTHERS)).limit(MOST).toList();
        List<Domain> others = domains.stream().filter(domain -> !named.contains(domain)).toList();
        return others.isEmpty() ? named : Stream.concat(named.stream(), Stream.of(together(others, causes))).toList();
    }

    private static Domain together(List<Domain> others, Map<String, Map<String, Long>> causes) {
        Map<String, Long> all = new HashMap<>();
        others.forEach(other -> causes.get(other.domain()).forEach((cause, bounces) -> all.merge(cause, bounces, Long::sum)));
        return domain(DestinationCounts.OTHERS, all, others.stream().mapToLong(Domain::finished).sum());
    }

    private static Domain domain(String name, Map<String, Long> causes, long finished) {
        String mostFrequent = causes.entrySet().stream()
                .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey())).orElseThrow().getKey();
        return new Domain(name, mostFrequent, causes.values().stream().mapToLong(Long::longValue).sum(), finished);
    }
}
