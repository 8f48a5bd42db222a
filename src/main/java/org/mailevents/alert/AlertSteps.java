package org.mailevents.alert;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.SimpleTypeConverter;
import org.mailevents.operate.Settings;
import org.mailevents.store.Database;

/**
 * The steps of an alert that must not go wrong; {@code send-alerts} (YAML) puts them in order and says when and where to.
 */
public final class AlertSteps extends RouteBuilder {

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        AlertOutbox outbox = new AlertOutbox(Database.of(getContext()), settings.duration("alert.first-delay"));
        AlertMail mail = new AlertMail(settings, new AlertTemplates(getContext()));
        // camel-mail's own converter gives a message's content; an .eml file is the whole message
        getContext().getTypeConverterRegistry().addTypeConverter(InputStream.class, MimeMessage.class,
                new SimpleTypeConverter(false, (type, exchange, message) -> eml((MimeMessage) message)));

        // an error is the caller's: send-alerts has its mail tried again
        errorHandler(noErrorHandler());

        // @formatter:off
        from("direct:claim-alerts").routeId("claim-alerts")
            .description("Claims the bounces whose alert is due, one alert an audience")
            .process(exchange -> exchange.getMessage().setBody(outbox.claim()));

        from("direct:render-alert").routeId("render-alert")
            .description("Makes a mail of an alert")
            .setVariable("alert", body())
            .setHeader(Exchange.FILE_NAME, simple("${body.id}.eml"))
            .process(exchange -> exchange.getMessage().setBody(mail.render(alert(exchange))));

        from("direct:mark-alert").routeId("mark-alert")
            .description("Marks the bounces of an alert as told, now that its mail is on its way")
            .setVariable("taken", constant(true))
            .process(exchange -> outbox.sent(alert(exchange)))
            .log("Mailed ${variable.alert.bounces.size} bounces to the audience ${variable.alert.audience}");

        from("direct:release-alert").routeId("release-alert")
            .description("Has an alert whose mail failed tried again soon")
            // a mail that was taken and could not be marked waits until its claim runs out, and the database is back
            .filter(variable("taken").isNull())
                .process(exchange -> outbox.failed(alert(exchange)))
            .end();
        // @formatter:on
    }

    private static Alert alert(Exchange exchange) {
        return exchange.getVariable("alert", Alert.class);
    }

    private static InputStream eml(MimeMessage message) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            message.writeTo(bytes);
            return new ByteArrayInputStream(bytes.toByteArray());
        } catch (IOException | MessagingException e) {
            throw new IllegalStateException("A rendered mail can be written", e);
        }
    }
}
