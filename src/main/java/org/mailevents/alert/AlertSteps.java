package org.mailevents.alert;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.SimpleTypeConverter;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.live.LiveRoutes;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.metrics.Meters;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of an alert that must not fail. The YAML route {@code send-alerts} puts them in order, and says when and where mails are sent.
 * Notices to the operators take the same steps.
 */
public final class AlertSteps extends RouteBuilder {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    /** How long the mail server may take for a mail. It is shorter than a live edit waits for a mail in progress. */
    private static final Duration MAIL_LIMIT = LiveRoutes.LONGEST_MAIL.minusSeconds(10);

    private final SettledRecipients settledRecipients = new SettledRecipients(new ConcurrentHashMap<>());
    private AlertOutbox outbox;
    private DueMails dueMails;
    private AlertTemplates templates;
    private AlertMail mail;
    private Meters meters;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        Clock clock = TimeSource.of(getContext());
        Database database = mandatoryFindSingleByType(getContext(), Database.class);
        meters = mandatoryFindSingleByType(getContext(), Meters.class);
        templates = new AlertTemplates(getContext());
        mail = new AlertMail(settings);
        LimitedMail.use(getContext(), MAIL_LIMIT);
        dueMails = dueMails(settings, clock, database);
        meters.watch(Level.ALERT_AGE, () -> dueMails.oldestBounce()
                .map(received -> Math.max(0, Duration.between(received, clock.instant()).toSeconds())).orElse(0L));
        // camel-mail's own converter gives the content of a message, but an .eml file is the whole message
        getContext().getTypeConverterRegistry().addTypeConverter(InputStream.class, SMTPMessage.class,
                new SimpleTypeConverter(false, (type, exchange, message) -> eml((SMTPMessage) message)));

        // an error goes to send-alerts, which has the mail retried
        errorHandler(noErrorHandler());

        // @formatter:off
        from("direct:claim-alerts").routeId("claim-alerts")
            .description("Claims the mails that are due, one for each audience. Notices to the operators come first.")
            .process(exchange -> exchange.getMessage().setBody(dueMails.claim()));

        from("direct:render-alert").routeId("render-alert")
            .description("Makes a mail of an alert")
            .setVariable("alert", body())
            .setHeader(Exchange.FILE_NAME, simple("${body.id}.eml"))
            .process(this::render);

        from("direct:mark-alert").routeId("mark-alert")
            .description("Marks the bounces of an alert as sent")
            .setVariable("taken", constant(true))
            .process(exchange -> markSent(mailing(exchange)));

        from("direct:release-alert").routeId("release-alert")
            .description("Has an alert whose mail failed retried soon, for the recipients who did not get it")
            // a mail that was sent but could not be marked is marked when the database is back
            .filter(variable("taken").isNull())
                .process(this::release)
            .end();

        from("scheduler:renew-claims?delay=5000").routeId("renew-claims")
            .description("Renews the claims of the mails in progress, however slow the mail server is")
            .filter(exchange -> !database.isDown())
                .process(exchange -> dueMails.renewClaims())
            .end();

        // a route of its own: a scrape would wait while the database hangs, and an edit may stop send-alerts
        from("scheduler:watch-alerts?delay=10000").routeId("watch-alerts")
            .description("Finds out for how long the oldest bounce has waited for its mail")
            .filter(exchange -> !database.isDown())
                .process(exchange -> dueMails.findOldestBounce())
            .end();
        // @formatter:on
    }

    private DueMails dueMails(Settings settings, Clock clock, Database database) {
        Jdbi jdbi = JdbiFactory.create(database);
        AlertPolicy policy = AlertPolicy.of(settings);
        Duration retry = policy.firstDelay();
        Spool spool = mandatoryFindSingleByType(getContext(), Spool.class);
        Map<String, String> recipients = byStoredForm(mail.recipients());
        outbox = new AlertOutbox(jdbi, clock, retry, new MailContents(jdbi, recipients), mail::messageId,
                settledRecipients);
        OwnBounces ownBounces = new OwnBounces(mail.sender(), recipients.keySet(), clock);
        UnreachableRecipients unreachable = new UnreachableRecipients(jdbi, clock, byStoredForm(mail.fallback()).keySet(), outbox);
        Optional<MissingWebhooks> missingWebhooks = settings.text("alert.silence").isEmpty() ? Optional.empty()
                : Optional.of(new MissingWebhooks(jdbi, spool, clock, settings.duration("alert.silence"), outbox));
        Severities severities = new Severities(jdbi, clock, settings);
        Incidents incidents = new Incidents(jdbi, database, spool, clock, policy, severities, ownBounces, unreachable, outbox);
        return new DueMails(database, outbox, incidents, new Notices(spool, SpoolPlace.of(settings), clock, retry), missingWebhooks);
    }

    /**
     * The addresses by the forms in which a bounce of a mail to them may be stored: as they are, and as hashes if recipients are hashed.
     */
    private Map<String, String> byStoredForm(Set<String> addresses) {
        RecipientHash hash = mandatoryFindSingleByType(getContext(), RecipientHash.class);
        Map<String, String> byStoredForm = new HashMap<>();
        addresses.forEach(address -> {
            byStoredForm.put(address, address);
            byStoredForm.put(hash.of(address), address);
        });
        return byStoredForm;
    }

    private void render(Exchange exchange) throws Exception {
        Mailing mailing = mailing(exchange);
        MailWords words = templates.render(mailing);
        if (mailing instanceof Alert alert && alert.subject() == null) {
            outbox.saveSubject(alert, words.subject());
        }
        exchange.getMessage().setBody(mail.make(mailing, words, settledRecipients.of(mailing)));
    }

    private void markSent(Mailing mailing) throws IOException {
        settledRecipients.forget(mailing.id());
        meters.mailSent();
        dueMails.markSent(mailing);
        LOG.info("Sent {}", mailing);
    }

    private void release(Exchange exchange) throws IOException {
        Mailing mailing = mailing(exchange);
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        // the outermost one, because those inside are about single recipients
        while (failure != null && !(failure instanceof SendFailedException)) {
            failure = failure.getCause();
        }
        if (failure != null && settledRecipients.areAllSettled(mailing, (SendFailedException) failure)) {
            markSent(mailing);
            return;
        }
        meters.mailFailed();
        dueMails.retryLater(mailing);
    }

    private static Mailing mailing(Exchange exchange) {
        return exchange.getVariable("alert", Mailing.class);
    }

    private static InputStream eml(SMTPMessage message) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            message.writeTo(bytes);
            return new ByteArrayInputStream(bytes.toByteArray());
        } catch (IOException | MessagingException e) {
            throw new IllegalStateException("A mail that was made could not be written", e);
        }
    }
}
