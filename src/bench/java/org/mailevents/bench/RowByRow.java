package org.mailevents.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.apache.camel.main.Main;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookBody;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.support.MailEvents;

/** The plain way in Camel: split the webhook, and run one INSERT for each event. A webhook is read as in Mail Events. */
public final class RowByRow extends RouteBuilder {

    private static final String SQL = "INSERT INTO mail_event (" + String.join(", ", Columns.NAMES) + ") VALUES ("
            + Columns.NAMES.stream().map(name -> "CAST(:?" + name + " AS " + Columns.type(name) + ")").collect(Collectors.joining(", "))
            + ") ON CONFLICT DO NOTHING";

    private final WebhookReader reader = new WebhookReader(
            new EventReader(ZoneId.of("Asia/Tokyo"), ShippedCauses.causes()), RecipientHash.with(""));

    public static void main(String... args) throws Exception {
        Main main = new Main();
        main.setDefaultPropertyPlaceholderLocation("false"); // without this, the settings of Mail Events on the class path would be used
        main.addInitialProperty("camel.server.enabled", "true");
        main.addInitialProperty("camel.server.host", "127.0.0.1");
        main.addInitialProperty("camel.server.port", System.getenv("CAMEL_SERVER_PORT"));
        main.configure().addRoutesBuilder(new RowByRow());
        System.exit(main.run(args));
    }

    @Override
    public void configure() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(System.getenv("DATABASE_URL"));
        config.setUsername(System.getenv("DATABASE_USERNAME"));
        config.setPassword(System.getenv("DATABASE_PASSWORD"));
        config.setMaximumPoolSize(20); // as many as the HTTP server has worker threads
        getContext().getRegistry().bind("dataSource", new HikariDataSource(config));
        // JSON only, because Vert.x decodes forms for Camel and refuses a long field
        from("platform-http:" + MailEvents.PATH)
            .process(this::read)
            .split(body(), stored())
                .process(RowByRow::toStatement)
                .setBody(constant(SQL))
                .to("jdbc:dataSource?useHeadersAsParameters=true")
            .end()
            .process(RowByRow::toReceipt)
            .marshal().json()
            .setHeader(Exchange.CONTENT_TYPE, constant(MailEvents.JSON));
    }

    private void read(Exchange exchange) {
        WebhookBody body = WebhookBody.of(false, exchange.getMessage().getBody(String.class));
        try (WebhookPieces pieces = reader.read(body, Instant.now())) {
            Webhook webhook = pieces.next(); // the only piece, because the benchmark sends at most 100 events
            exchange.getMessage().removeHeaders("*");
            exchange.setVariable("received", webhook.received());
            exchange.getMessage().setBody(webhook.events());
        }
    }

    private static void toStatement(Exchange exchange) {
        MailEvent event = exchange.getMessage().getBody(MailEvent.class);
        Map<String, Object> row = new HashMap<>();
        row.put("event_id", event.eventId());
        row.put("event_type", event.eventType());
        row.put("status", event.status());
        row.put("message_id", event.messageId());
        row.put("recipient", event.recipient());
        row.put("sender", event.sender());
        row.put("return_path", event.returnPath());
        row.put("subject", event.subject());
        row.put("api_data", event.apiData());
        row.put("reason", event.reason());
        row.put("enhanced_code", event.enhancedCode());
        row.put("source_ip", event.sourceIp());
        row.put("sender_ip", event.senderIp());
        row.put("server_composition", event.serverComposition());
        row.put("occurred_at", event.occurredAt());
        row.put("created_text", event.createdText());
        row.put("received_at", event.receivedAt());
        row.put("extra", event.extra());
        // as text, as in Mail Events; a null needs its name too
        exchange.getMessage().setHeader(JdbcConstants.JDBC_PARAMETERS, Columns.NAMES.stream().collect(HashMap::new,
                (parameters, name) -> parameters.put(name, Objects.toString(row.get(name), null)), HashMap::putAll));
    }

    private static AggregationStrategy stored() {
        return (sum, inserted) -> {
            int stored = inserted.getMessage().getHeader(JdbcConstants.JDBC_UPDATE_COUNT, int.class);
            inserted.getMessage().setBody(stored + (sum == null ? 0 : sum.getMessage().getBody(int.class)));
            return inserted;
        };
    }

    private static void toReceipt(Exchange exchange) {
        int received = exchange.getVariable("received", int.class);
        int stored = exchange.getMessage().getBody(int.class);
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setBody(new Receipt(received, stored, received - stored, 0, 0));
    }
}
