package org.mailevents.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RejectedEvent;
import org.mailevents.store.Insert.Column;
import org.mailevents.webhook.Receipt;
import org.mailevents.webhook.Webhook;

/**
 * Stores one webhook's events; a repeated event changes nothing. All of them are one INSERT, and so one transaction and one
 * round trip. Each row is also its own outbox: with an audience, its alert is pending from the start.
 */
public final class StoreEvents extends RouteBuilder {

    /** H2's arrays end at 65,536 elements; a longer webhook takes several statements, and each may be repeated. */
    private static final int MAX_ROWS = 50_000;

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

    /** An INSERT and its rows, whose parameters are only made when it is their turn; {@code counts} where its rows are events. */
    private record Statement<T>(Insert<T> insert, List<T> rows, boolean counts) {

        Map<String, Object> parameters() {
            return insert.parameters(rows);
        }
    }

    @Override
    public void configure() {
        Database.of(getContext());

        // @formatter:off
        from("direct:store-events").routeId("store-events")
            .description("Stores a webhook's events and sets aside what is none; a repeated event changes nothing")
            .setVariable("webhook", body())
            .process(StoreEvents::toStatements)
            .split(body(), StoreEvents::count).streaming().stopOnException()
                .process(StoreEvents::prepare)
                .to("jdbc:" + Database.NAME + "?useHeadersAsParameters=true")
            .end()
            .process(StoreEvents::toReceipt);
        // @formatter:on
    }

    private static void toStatements(Exchange exchange) {
        Webhook webhook = exchange.getVariable("webhook", Webhook.class);
        List<Statement<?>> statements = new ArrayList<>();
        // in one order everywhere, or two webhooks that hold the same events could wait for each other for ever
        chunks(webhook.rejected(), Comparator.comparing(RejectedEvent::rejectedId)).forEach(rows -> statements.add(new Statement<>(REJECTED, rows, false)));
        chunks(webhook.events(), Comparator.comparing(MailEvent::eventId)).forEach(rows -> statements.add(new Statement<>(EVENTS, rows, true)));
        exchange.getMessage().setBody(statements);
    }

    private static <T> List<List<T>> chunks(List<T> unsorted, Comparator<T> order) {
        List<T> rows = unsorted.stream().sorted(order).toList();
        return IntStream.iterate(0, from -> from < rows.size(), from -> from + MAX_ROWS)
                .mapToObj(from -> rows.subList(from, Math.min(from + MAX_ROWS, rows.size()))).toList();
    }

    private static void prepare(Exchange exchange) {
        Statement<?> statement = exchange.getMessage().getBody(Statement.class);
        exchange.setVariable("counts", statement.counts());
        exchange.getMessage().setHeader(JdbcConstants.JDBC_PARAMETERS, statement.parameters());
        exchange.getMessage().setBody(statement.insert().sql());
    }

    /** Adds up what was really inserted: the update count leaves out the rows that ON CONFLICT found there already. */
    private static Exchange count(Exchange sum, Exchange statement) {
        int before = sum == null ? 0 : sum.getVariable("stored", int.class);
        int inserted = statement.getMessage().getHeader(JdbcConstants.JDBC_UPDATE_COUNT, 0, int.class);
        statement.setVariable("stored", before + (statement.getVariable("counts", boolean.class) ? inserted : 0));
        return statement;
    }

    private static void toReceipt(Exchange exchange) {
        Webhook webhook = exchange.getVariable("webhook", Webhook.class);
        int stored = exchange.getVariable("stored", 0, int.class);
        exchange.getMessage().setBody(new Receipt(webhook.received(), stored, webhook.events().size() - stored, webhook.rejected().size(), 0));
    }
}
