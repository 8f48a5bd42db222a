package org.mailevents.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.util.ObjectHelper;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.mailevents.database.Database;
import org.mailevents.database.DatabaseAbsent;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Receipt;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.Webhook;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.retention.PersonalData;
import org.mailevents.route.RouteRevision;

/** Writes the events of webhooks into the database. An event that it refuses becomes a rejected event, and the others are stored. */
final class EventWriter {

    /**
     * Rows of one INSERT. A longer webhook takes several INSERTs, each of them far below H2's limit of 65,536 array elements and quick
     * enough for the time limits. When one of them fails, the whole webhook may be written again, because a repeated event changes nothing.
     */
    private static final int MAX_ROWS = 10_000;

    /**
     * Events stored more than 30 s after they were received may belong to a ten-minute slot that is already counted. That slot is marked
     * for a recount. {@link CountEvents} waits for longer than 30 s before it counts a slot. If the personal data of
     * that time is already removed, it is removed again from these events.
     */
    private static final Duration LATE_AFTER = Duration.ofSeconds(30);

    /**
     * SQLSTATE of a row that the database refuses: invalid data (22), a constraint that a team has added (23), a limit of the database
     * (54), or an exception of a team's trigger (P0).
     */
    private static final Pattern REFUSED = Pattern.compile("22.*|23.*|54.*|P0.*");

    /**
     * What has become of the events so far.
     *
     * @param stored  the ids of new rows
     * @param refused the ids of events that the database refused
     */
    private record Outcome(Set<UUID> stored, Set<UUID> refused) {
    }

    private final Database database;
    private final Jdbi jdbi;
    private final Clock clock;
    private final Meters meters;
    private final ActiveRoutes routes;
    /** The id of a revision that is in the database. */
    private volatile String recorded;

    /** @param routes the routes that decide the events. {@code WebhookPause} replaces no route before the events in progress are stored */
    EventWriter(Database database, Clock clock, Meters meters, ActiveRoutes routes) {
        this.database = database;
        this.jdbi = JdbiFactory.create(database);
        this.clock = clock;
        this.meters = meters;
        this.routes = routes;
    }

    /**
     * @return the receipts, in the order of the webhooks
     * @throws DatabaseAbsent when the database cannot be reached
     */
    List<Receipt> write(List<Webhook> webhooks) throws Exception {
        Outcome outcome = new Outcome(new HashSet<>(), new HashSet<>());
        Set<Instant> lateTimes = lateTimes(webhooks);
        try {
            for (List<RejectedEvent> rows : inserts(webhooks, Webhook::rejected, Comparator.comparing(RejectedEvent::rejectedId))) {
                reject(rows);
            }
            for (List<MailEvent> rows : inserts(webhooks, Webhook::events, Comparator.comparing(MailEvent::eventId))) {
                insert(rows, lateTimes, outcome, false);
            }
        } catch (SQLException | RuntimeException e) {
            throw Database.isAbsent(e) ? new DatabaseAbsent(e) : e;
        }
        return webhooks.stream().map(webhook -> receipt(webhook, outcome)).toList();
    }

    /**
     * The rows of each INSERT.
     *
     * @param order the same everywhere: otherwise two INSERTs that hold the same events could wait for each other for ever
     */
    private static <T> List<List<T>> inserts(List<Webhook> webhooks, Function<Webhook, List<T>> rowsOf, Comparator<T> order) {
        List<T> rows = webhooks.stream().map(rowsOf).flatMap(List::stream).sorted(order).toList();
        List<List<T>> inserts = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += MAX_ROWS) {
            inserts.add(rows.subList(from, Math.min(from + MAX_ROWS, rows.size())));
        }
        return inserts;
    }

    /**
     * Inserts events. When the database refuses one of them, this method finds it by halving the list, and makes it a rejected event.
     *
     * @param refusedOnce whether the database has refused the only event before. One refusal may be a coincidence: PostgreSQL refuses a row
     *                    of the default partition whose own partition is created during the INSERT
     */
    private void insert(List<MailEvent> events, Set<Instant> lateTimes, Outcome outcome, boolean refusedOnce) throws SQLException {
        try {
            outcome.stored.addAll(commit(events, lateTimes));
            meters.inserted(events.size());
        } catch (SQLException | JdbiException e) {
            if (!isRefused(e) || Database.isAbsent(e)) {
                throw e;
            } else if (events.size() > 1) {
                insert(events.subList(0, events.size() / 2), lateTimes, outcome, false);
                insert(events.subList(events.size() / 2, events.size()), lateTimes, outcome, false);
            } else if (!refusedOnce) {
                insert(events, lateTimes, outcome, true);
            } else {
                MailEvent event = events.get(0);
                reject(List.of(RejectedEvent.of(event, "the database refused it: " + FailureText.describe(e))));
                outcome.refused.add(event.eventId());
            }
        }
    }

    /** @return the ids of new rows */
    private List<UUID> commit(List<MailEvent> events, Set<Instant> lateTimes) throws SQLException {
        RouteRevision revision = routes.revision();
        Insert<MailEvent> insert = EventTables.events(revision.id());
        boolean isRecorded = revision.id().equals(recorded);
        if (isRecorded && lateTimes.isEmpty()) {
            try (Connection connection = database.getConnection()) {
                return insert.into(connection, events);
            }
        }
        List<UUID> stored = jdbi.inTransaction(handle -> {
            if (!isRecorded) {
                RouteRevisions.record(handle, revision, clock.instant());
            }
            List<UUID> inserted = insert.into(handle.getConnection(), events);
            EventCounts.markForRecount(handle, lateTimes);
            PersonalData.markForRemoval(handle, clock.instant(), lateTimes);
            return inserted;
        });
        recorded = revision.id();
        return stored;
    }

    /** A failure here fails the whole webhook: nothing that was acknowledged may be dropped. */
    private void reject(List<RejectedEvent> rejected) throws SQLException {
        try (Connection connection = database.getConnection()) {
            EventTables.REJECTED.into(connection, rejected);
        }
    }

    /** When several webhooks hold the same event, the first of them has stored it. */
    private static Receipt receipt(Webhook webhook, Outcome outcome) {
        int stored = 0;
        int refused = 0;
        for (MailEvent event : webhook.events()) {
            if (outcome.stored.remove(event.eventId())) {
                stored++;
            } else if (outcome.refused.contains(event.eventId())) {
                refused++;
            }
        }
        int duplicates = webhook.events().size() - stored - refused;
        return new Receipt(webhook.received(), stored, duplicates, webhook.rejected().size() + refused, 0);
    }

    /** The times of receipt of late events: they were in the spool, or waited in the queue. */
    private Set<Instant> lateTimes(List<Webhook> webhooks) {
        Instant late = clock.instant().minus(LATE_AFTER);
        return webhooks.stream().flatMap(webhook -> webhook.events().stream()).map(MailEvent::receivedAt)
                .filter(received -> received.isBefore(late)).collect(Collectors.toSet());
    }

    private static boolean isRefused(Exception failure) {
        for (Throwable cause : ObjectHelper.createExceptionIterable(failure)) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null && REFUSED.matcher(sql.getSQLState()).matches()) {
                return true;
            }
        }
        return false;
    }
}
