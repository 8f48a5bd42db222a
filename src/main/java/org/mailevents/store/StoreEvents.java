package org.mailevents.store;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RejectedEvent;
import org.mailevents.operate.Failure;
import org.mailevents.store.Insert.Column;
import org.mailevents.webhook.Receipt;
import org.mailevents.webhook.Webhook;

/**
 * Stores one webhook's events; a repeated event changes nothing. All of them are one INSERT, and so one transaction and one
 * round trip. Each row is also its own outbox: with an audience, its alert is pending from the start.
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

    /** As long as a statement may take on PostgreSQL. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);

    /** SQLSTATE of a value that a database refuses, whether by its own limits or by a constraint that a team has added. */
    private static final Pattern POISON = Pattern.compile("22.*|23.*|54.*|P0.*");

    /** Rows for one INSERT. */
    private record Rows<T>(Insert<T> insert, List<T> rows) {

        Rows<T> part(int from, int to) {
            return new Rows<>(insert, rows.subList(from, to));
        }
    }

    /** What became of rows. */
    private record Inserted(int stored, int rejected) {
    }

    /** H2 counts a row that two statements insert at the same time for neither of them, so there they take turns. */
    private Semaphore turns;

    @Override
    public void configure() {
        Database database = Database.of(getContext());
        turns = new Semaphore(database.isH2() ? 1 : Integer.MAX_VALUE);

        // @formatter:off
        from("direct:store-events").routeId("store-events")
            .description("Stores a webhook's events and sets aside what is none; a repeated event changes nothing")
            // an error is the caller's
            .errorHandler(noErrorHandler())
            .setVariable("webhook", body())
            .process(StoreEvents::toRows)
            .split(body(), StoreEvents::add).stopOnException()
                .to("direct:insert-rows")
            .end()
            .process(StoreEvents::toReceipt);

        from("direct:insert-rows").routeId("insert-rows")
            .description("Inserts rows; when one of them is refused, halves them until it is found, and sets it aside")
            .errorHandler(noErrorHandler())
            .setVariable("rows", body())
            .process(StoreEvents::toStatement)
            .process(exchange -> takeTurn())
            .enrich("jdbc:" + Database.NAME + "?useHeadersAsParameters=true", this::outcome, true)
            .filter(body().isInstanceOf(List.class))
                .split(body(), StoreEvents::add).stopOnException()
                    .to("direct:insert-rows")
                .end()
            .end();

        from("scheduler:find-database?delay=500").routeId("find-database")
            .description("Looks now and then whether a database that is down is back, so that no webhook has to")
            .errorHandler(noErrorHandler())
            .filter(exchange -> database.isDown())
                .process(exchange -> database.answers())
            .end();
        // @formatter:on
    }

    private static void toRows(Exchange exchange) {
        Webhook webhook = exchange.getVariable("webhook", Webhook.class);
        // in one order everywhere, or two webhooks that hold the same events could wait for each other for ever
        exchange.getMessage().setBody(Stream.concat(
                chunks(REJECTED, webhook.rejected(), Comparator.comparing(RejectedEvent::rejectedId)),
                chunks(EVENTS, webhook.events(), Comparator.comparing(MailEvent::eventId))).toList());
    }

    private static <T> Stream<Rows<T>> chunks(Insert<T> insert, List<T> unsorted, Comparator<T> order) {
        Rows<T> all = new Rows<>(insert, unsorted.stream().sorted(order).toList());
        return IntStream.iterate(0, from -> from < unsorted.size(), from -> from + MAX_ROWS)
                .mapToObj(from -> all.part(from, Math.min(from + MAX_ROWS, unsorted.size())));
    }

    private static void toStatement(Exchange exchange) {
        statement(rows(exchange), exchange);
    }

    private static <T> void statement(Rows<T> rows, Exchange exchange) {
        exchange.getMessage().setHeader(JdbcConstants.JDBC_PARAMETERS, rows.insert().parameters(rows.rows()));
        exchange.getMessage().setBody(rows.insert().sql());
    }

    private void takeTurn() throws InterruptedException, SQLTransientConnectionException {
        if (!turns.tryAcquire(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new SQLTransientConnectionException("The INSERTs before this one take more than " + MAX_WAIT.toSeconds() + " s");
        }
    }

    /** Leaves what was inserted, or the rows in smaller parts, one of which holds what the database refuses. */
    private Exchange outcome(Exchange exchange, Exchange inserted) {
        turns.release();
        Rows<?> rows = rows(exchange);
        Exception failure = inserted.getException();
        if (failure == null) {
            exchange.getMessage().setBody(count(rows, inserted));
        } else if (rows.insert() == EVENTS && isPoison(failure) && !Database.isAbsent(failure)) {
            exchange.getMessage().setBody(parts(rows, failure));
        } else {
            // what is set aside must be taken, or the webhook as a whole fails
            exchange.setException(Database.isAbsent(failure) ? new DatabaseAbsent(failure) : failure);
        }
        return exchange;
    }

    /** What was really inserted: the update count leaves out the rows that ON CONFLICT found there already. */
    private static Inserted count(Rows<?> rows, Exchange inserted) {
        return rows.insert() == EVENTS
                ? new Inserted(inserted.getMessage().getHeader(JdbcConstants.JDBC_UPDATE_COUNT, int.class), 0)
                : new Inserted(0, rows.rows().size());
    }

    private static List<Rows<?>> parts(Rows<?> rows, Exception failure) {
        int half = rows.rows().size() / 2;
        return half > 0
                ? List.of(rows.part(0, half), rows.part(half, rows.rows().size()))
                : List.of(new Rows<>(REJECTED, List.of(RejectedEvent.of((MailEvent) rows.rows().get(0),
                        "the database refused it: " + Failure.describe(failure)))));
    }

    private static boolean isPoison(Exception failure) {
        for (Throwable cause : ObjectHelper.createExceptionIterable(failure)) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null && POISON.matcher(sql.getSQLState()).matches()) {
                return true;
            }
        }
        return false;
    }

    private static Exchange add(Exchange sum, Exchange part) {
        Inserted before = sum == null ? null : sum.getMessage().getBody(Inserted.class);
        if (before != null && part.getMessage().getBody() instanceof Inserted more) {
            part.getMessage().setBody(new Inserted(before.stored() + more.stored(), before.rejected() + more.rejected()));
        }
        return part;
    }

    private static Rows<?> rows(Exchange exchange) {
        return exchange.getVariable("rows", Rows.class);
    }

    private static void toReceipt(Exchange exchange) {
        Webhook webhook = exchange.getVariable("webhook", Webhook.class);
        Inserted inserted = exchange.getMessage().getBody() instanceof Inserted some ? some : new Inserted(0, 0);
        exchange.getMessage().setBody(new Receipt(webhook.received(), inserted.stored(),
                webhook.received() - inserted.stored() - inserted.rejected(), inserted.rejected(), 0));
    }
}
