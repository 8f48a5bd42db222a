package org.mailevents.console;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.mailevents.console.Summary.Bounce;
import org.mailevents.console.Summary.Cause;
import org.mailevents.console.Summary.Domain;
import org.mailevents.console.Summary.Hour;
import org.mailevents.console.Summary.OpenIncident;
import org.mailevents.console.Summary.Pipeline;
import org.mailevents.database.Database;
import org.mailevents.settings.TimeSource;
import org.mailevents.store.EventCounts;

/** Reads a {@link Summary}. However many events there are, it reads the counts, what came since these were made, and the newest bounces. */
final class SummaryReader {

    /** Of the bounces of the time, so many tell where they were going. */
    private static final int MAX_BOUNCES = 10_000;
    private static final int LATEST = 20;
    private static final int DOMAINS = 10;
    /** After an update the counts may be far behind: then the page waits for them, and does not count millions of rows each time it is asked. */
    private static final Duration MAX_UNCOUNTED = Duration.ofHours(1);

    static final String COUNTS = "SELECT hour_of, type_of, status_of, SUM(events) AS events FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count WHERE occurred_hour >= ?"
            + " UNION ALL SELECT " + EventCounts.HOUR + ", " + EventCounts.TYPE + ", " + EventCounts.STATUS + ", 1 FROM mail_event"
            + " WHERE received_at >= ? AND COALESCE(occurred_at, received_at) >= ?) counts GROUP BY hour_of, type_of, status_of";
    // ordered by both columns of its index, so that H2 reads as many rows as it gives
    private static final String NEWEST_BOUNCES = " FROM mail_event WHERE event_type = 'bounces' AND received_at >= ?"
            + " ORDER BY event_type DESC, received_at DESC LIMIT ";
    static final String DOMAINS_OF = "SELECT recipient, status" + NEWEST_BOUNCES + MAX_BOUNCES;
    static final String LATEST_OF = "SELECT recipient, status, kind, reason, message_id, subject, occurred_at, received_at" + NEWEST_BOUNCES + LATEST;

    private static final String METERS = "mail.events.";

    private final CamelContext context;
    private final Clock clock;
    private final Database database;

    SummaryReader(CamelContext context) {
        this.context = context;
        clock = TimeSource.of(context);
        database = Database.of(context);
    }

    Summary read(Instant since) {
        Pipeline pipeline = pipeline();
        try (Connection connection = database.getConnection()) {
            // as of one moment, or what is counted in between would be there twice; the pool sets both back
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            Instant hour = since.truncatedTo(ChronoUnit.HOURS);
            Map<Instant, Map<String, Long>> hours = new TreeMap<>();
            Map<String, Long> causes = new HashMap<>();
            counts(connection, hour, hours, causes);
            return new Summary(since, "up",
                    hours.entrySet().stream().map(entry -> new Hour(entry.getKey(), entry.getValue())).toList(),
                    causes.entrySet().stream().map(entry -> new Cause(entry.getKey(), entry.getValue()))
                            .sorted(Comparator.comparing(Cause::bounces).reversed().thenComparing(Cause::code)).toList(),
                    domains(connection, since), incidents(connection), latest(connection, since), pipeline);
        } catch (SQLException e) {
            if (!Database.isAbsent(e)) {
                throw new IllegalStateException("The summary could not be read", e);
            }
            return new Summary(since, "down", List.of(), List.of(), List.of(), List.of(), List.of(), pipeline);
        }
    }
    private void counts(Connection connection, Instant since, Map<Instant, Map<String, Long>> hours, Map<String, Long> causes) throws SQLException {
        Instant counted = time(connection, "SELECT until_time FROM event_counted");
        Instant uncounted = clock.instant().minus(MAX_UNCOUNTED);
        each(connection, COUNTS, row -> {
            String type = row.getString("type_of");
            String status = row.getString("status_of");
            long events = row.getLong("events");
            String shown = type.equals("bounces") ? "bounced" : type.equals("deliveries") ? status : "other";
            hours.computeIfAbsent(time(row, "hour_of"), hour -> new LinkedHashMap<>()).merge(shown, events, Long::sum);
            if (type.equals("bounces")) {
                causes.merge(status, events, Long::sum);
            }
        }, since, counted.isAfter(uncounted) ? counted : uncounted, since);
    }

    private static List<Domain> domains(Connection connection, Instant since) throws SQLException {
        Map<String, Map<String, Long>> codes = new HashMap<>();
        Map<String, Set<String>> addresses = new HashMap<>();
        each(connection, DOMAINS_OF, row -> {
            String recipient = row.getString("recipient");
            if (recipient != null) {
                String domain = recipient.substring(recipient.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
                codes.computeIfAbsent(domain, any -> new HashMap<>()).merge(String.valueOf(row.getString("status")), 1L, Long::sum);
                addresses.computeIfAbsent(domain, any -> new HashSet<>()).add(recipient);
            }
        }, since);
        return codes.entrySet().stream().map(entry -> domain(entry.getKey(), entry.getValue(), addresses.get(entry.getKey()).size()))
                .sorted(Comparator.comparing(Domain::bounces).reversed().thenComparing(Domain::domain)).limit(DOMAINS).toList();
    }

    private static Domain domain(String name, Map<String, Long> codes, long addresses) {
        String code = codes.entrySet().stream().max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey())).orElseThrow().getKey();
        return new Domain(name, code, codes.values().stream().mapToLong(Long::longValue).sum(), addresses);
    }

    private static List<OpenIncident> incidents(Connection connection) throws SQLException {
        List<OpenIncident> incidents = new ArrayList<>();
        each(connection, "SELECT audience, opened_at, last_bounce_at, mails FROM alert_incident WHERE open_for IS NOT NULL ORDER BY opened_at",
                row -> incidents.add(new OpenIncident(row.getString("audience"), time(row, "opened_at"), time(row, "last_bounce_at"), row.getInt("mails"))));
        return incidents;
    }

    private static List<Bounce> latest(Connection connection, Instant since) throws SQLException {
        List<Bounce> bounces = new ArrayList<>();
        each(connection, LATEST_OF, row -> bounces.add(new Bounce(row.getString("recipient"), row.getString("status"), row.getString("kind"),
                row.getString("reason"), row.getString("message_id"), row.getString("subject"), time(row, "occurred_at"), time(row, "received_at"))), since);
        return bounces;
    }

    private Pipeline pipeline() {
        Map<String, Double> figures = new TreeMap<>();
        MeterRegistry registry = context.getRegistry().findSingleByType(MeterRegistry.class);
        if (registry != null) {
            registry.getMeters().stream().filter(meter -> meter.getId().getName().startsWith(METERS) && meter.getId().getTags().isEmpty())
                    .filter(meter -> meter instanceof Counter || meter instanceof Gauge)
                    .forEach(meter -> figures.put(meter.getId().getName().substring(METERS.length()), meter.measure().iterator().next().getValue()));
        }
        figures.values().removeIf(figure -> !Double.isFinite(figure)); // JSON has no such numbers
        return new Pipeline(clock.instant().minus(context.getUptime()), figures);
    }

    private interface Row {
        void read(ResultSet row) throws SQLException;
    }

    private static void each(Connection connection, String sql, Row read, Instant... parameters) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                select.setObject(i + 1, parameters[i].atOffset(ZoneOffset.UTC));
            }
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    read.read(rows);
                }
            }
        }
    }

    private static Instant time(Connection connection, String sql) throws SQLException {
        List<Instant> times = new ArrayList<>();
        each(connection, sql, row -> times.add(row.getObject(1, OffsetDateTime.class).toInstant()));
        return times.get(0);
    }

    private static Instant time(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
