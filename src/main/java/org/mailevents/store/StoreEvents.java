package org.mailevents.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.database.Database;
import org.mailevents.database.DatabaseAbsent;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Receipt;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.Webhook;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.retention.PersonalData;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.store.Insert.Column;

/**
 * Stores webhooks' events; a repeated event changes nothing. Those of all webhooks that come at the same time are one INSERT, and so
 * one transaction and one round trip. Each row is also its own outbox: with an audience, its alert is pending from the start.
 */
public final class StoreEvents extends RouteBuilder {

    /** A longer webhook takes several statements, each done in time and well within H2's 65,536 elements; any may be repeated. */
    private static final int MAX_ROWS = 10_000;

    private static final Insert<MailEvent> EVENTS = new Insert<>("mail_event", List.of(
            new Column<>("event_id", "uuid", MailEvent::eventId),
            new Column<>("event_type", "varchar", MailEvent::eventType),
            new Column<>("status", "varchar", MailEvent::status),
            new Column<>("kind", "varchar", MailEvent::kind),
            new Column<>("audience", "varchar", MailEvent::audience),
            new Column<>("message_id", "varchar", MailEvent::messageId),
            new Column<>("recipient", "varchar", MailEvent::recipient),
            new Column<>("sender", "varchar", MailEvent::sender),
            new Column<>("return_path", "varchar", MailEvent::returnPath),
            new Column<>("subject", "varchar", MailEvent::subject),
            new Column<>("api_data", "varchar", MailEvent::apiData),
            new Column<>("reason", "varchar", MailEvent::reason),
            new Column<>("enhanced_code", "varchar", MailEvent::enhancedCode),
            new Column<>("source_ip", "varchar", MailEvent::sourceIp),
            new Column<>("sender_ip", "varchar", MailEvent::senderIp),
            new Column<>("server_composition", "varchar", MailEvent::serverComposition),
            new Column<>("occurred_at", "timestamp with time zone", MailEvent::occurredAt),
            new Column<>("created_text", "varchar", MailEvent::createdText),
            new Column<>("received_at", "timestamp with time zone", MailEvent::receivedAt),
            new Column<>("extra", "varchar", MailEvent::extra),
            new Column<>("alert_state", "varchar", event -> event.audience() == null ? null : "pending")));

    private static final Insert<RejectedEvent> REJECTED = new Insert<>("rejected_event", List.of(
            new Column<>("rejected_id", "uuid", RejectedEvent::rejectedId),
            new Column<>("received_at", "timestamp with time zone", RejectedEvent::receivedAt),
            new Column<>("reason", "varchar", RejectedEvent::reason),
            new Column<>("payload", "text", RejectedEvent::payload)));

    /** Threads that take webhooks on once they are stored. Where they are not, each writes into the spool, and waits for the disk. */
    private static final int ANSWERERS = 8;

    /** Less than passes before a time is counted ({@link CountEvents}): what is stored later is noted. */
    private static final Duration LATE = Duration.ofSeconds(30);

    /** SQLSTATE of a value that a database refuses, whether by its own limits or by a constraint that a team has added. */
    private static final Pattern POISON = Pattern.compile("22.*|23.*|54.*|P0.*");

    /**
     * What becomes of rows.
     *
     * @param late    when the late ones of them came
     * @param stored  the ids of new ones
     * @param refused the ids of those that the database refused
     */
    private record Outcome(Set<Instant> late, Set<UUID> stored, Set<UUID> refused) {

        Outcome(Set<Instant> late) {
            this(late, new HashSet<>(), new HashSet<>());
        }
    }

    private Database database;
    private Clock clock;
    private Meters meters;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        database = Database.of(getContext());
        clock = TimeSource.of(getContext());
        GroupCommit commits = new GroupCommit(new GroupCommit.Limits(Database.writers(settings), settings.positive("store.batch"),
                settings.positive("store.queue"), settings.bytes("store.queue-size", Runtime.getRuntime().maxMemory() / 10),
                // what is given up has yet to be written into the spool
                settings.duration("store.max-wait").multipliedBy(9).dividedBy(10)), this::insert);
        getContext().addService(commits);
        meters = Meters.of(getContext());
        meters.watch(Level.QUEUE_EVENTS, commits::waiting);

        // @formatter:off
        from("direct:store-events").routeId("store-events")
            .description("Stores a webhook's events, in one INSERT with those that come at the same time; a repeated event changes nothing")
            // an error is the caller's
            .errorHandler(noErrorHandler())
            .process(new Store(commits, getContext().getExecutorServiceManager().newFixedThreadPool(this, "store-events", ANSWERERS)));

        from("scheduler:expire-waiting?delay=100").routeId("expire-waiting")
            .description("Gives up the webhooks that have waited too long for the database: they go into the spool")
            .errorHandler(noErrorHandler())
            .process(exchange -> commits.expire());

        from("scheduler:find-database?delay=500").routeId("find-database")
            .description("Looks now and then whether a database that is down is back, so that no webhook has to")
            .errorHandler(noErrorHandler())
            .filter(exchange -> database.isDown())
                .process(exchange -> database.answers())
            .end();
        // @formatter:on
    }

    /** Leaves the receipt in the body. No thread waits for it: the one that comes back takes the webhook on. */
    private static final class Store extends AsyncProcessorSupport {

        private final GroupCommit commits;
        private final Executor answerers;

        Store(GroupCommit commits, Executor answerers) {
            this.commits = commits;
            this.answerers = answerers;
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            Webhook webhook = exchange.getMessage().getBody(Webhook.class);
            if (webhook.received() == 0) {
                exchange.getMessage().setBody(new Receipt(0, 0, 0, 0, 0));
                callback.done(true);
                return true;
            }
            // not by the writer itself, which has the next INSERT to do; only when more than 1,000 answers wait Camel's pool has it take one on,
            // and so fewer come in
            commits.store(webhook).whenCompleteAsync((receipt, failure) -> {
                exchange.getMessage().setBody(receipt);
                exchange.setException(failure);
                callback.done(false);
            }, answerers);
            return false;
        }
    }

    private List<Receipt> insert(List<Webhook> webhooks) throws Exception {
        Outcome outcome = new Outcome(late(webhooks));
        try {
            // in one order everywhere, or two INSERTs that hold the same events could wait for each other for ever
            insert(REJECTED, webhooks.stream().map(Webhook::rejected), Comparator.comparing(RejectedEvent::rejectedId), outcome);
            insert(EVENTS, webhooks.stream().map(Webhook::events), Comparator.comparing(MailEvent::eventId), outcome);
        } catch (SQLException | RuntimeException e) {
            throw Database.isAbsent(e) ? new DatabaseAbsent(e) : e;
        }
        return webhooks.stream().map(webhook -> receipt(webhook, outcome)).toList();
    }

    /** Of an event that several webhooks hold, the first has stored it. */
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
        return new Receipt(webhook.received(), stored, webhook.events().size() - stored - refused, webhook.rejected().size() + refused, 0);
    }

    private <T> void insert(Insert<T> insert, Stream<List<T>> unsorted, Comparator<T> order, Outcome outcome) throws SQLException {
        List<T> rows = unsorted.flatMap(List::stream).sorted(order).toList();
        for (int from = 0; from < rows.size(); from += MAX_ROWS) {
            insert(insert, rows.subList(from, Math.min(from + MAX_ROWS, rows.size())), outcome);
        }
    }

    /** Where one of them is refused, it is found by halves and set aside. What is set aside must be taken, or the webhook as a whole fails. */
    private <T> void insert(Insert<T> insert, List<T> rows, Outcome outcome) throws SQLException {
        try {
            boolean events = insert.table().equals(EVENTS.table());
            outcome.stored.addAll(commit(insert, rows, events ? outcome.late : Set.of()));
            if (events) {
                meters.inserted(rows.size());
            }
        } catch (SQLException e) {
            if (insert.table().equals(REJECTED.table()) || !isPoison(e) || Database.isAbsent(e)) {
                throw e;
            } else if (rows.size() > 1) {
                insert(insert, rows.subList(0, rows.size() / 2), outcome);
                insert(insert, rows.subList(rows.size() / 2, rows.size()), outcome);
            } else {
                MailEvent event = (MailEvent) rows.get(0);
                commit(REJECTED, List.of(RejectedEvent.of(event, "the database refused it: " + FailureText.describe(e))), Set.of());
                outcome.refused.add(event.eventId());
            }
        }
    }

    private <T> List<UUID> commit(Insert<T> insert, List<T> rows, Set<Instant> late) throws SQLException {
        try (Connection connection = database.getConnection()) {
            if (late.isEmpty()) {
                return insert.into(connection, rows);
            }
            connection.setAutoCommit(false); // the pool sets it back
            List<UUID> inserted = insert.into(connection, rows);
            CountEvents.again(connection, late);
            PersonalData.late(connection, clock.instant(), late);
            connection.commit();
            return inserted;
        }
    }

    /** When those came that have been in the spool, or were held up on the way: their time may have been counted, and personal data in it removed. */
    private Set<Instant> late(List<Webhook> webhooks) {
        Instant late = clock.instant().minus(LATE);
        return webhooks.stream().flatMap(webhook -> webhook.events().stream()).map(MailEvent::receivedAt).filter(received -> received.isBefore(late))
                .collect(Collectors.toSet());
    }

    private static boolean isPoison(Exception failure) {
        for (Throwable cause : ObjectHelper.createExceptionIterable(failure)) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null && POISON.matcher(sql.getSQLState()).matches()) {
                return true;
            }
        }
        return false;
    }
}
