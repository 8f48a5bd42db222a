package org.mailevents.alert;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import jakarta.mail.MessagingException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.SimpleTypeConverter;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertMail.Envelope;
import org.mailevents.answer.SignedLinks;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.channel.HttpRefusal;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.digest.DigestQueries;
import org.mailevents.digest.DigestSchedule;
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

    private AlertOutbox outbox;
    private DueMails dueMails;
    private Digests digests;
    private AlertTemplates templates;
    private Channels channels;
    private Recipients recipients;
    private AlertMail mail;
    private Optional<SignedLinks> links;
    private Meters meters;
    private Clock clock;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        clock = TimeSource.of(getContext());
        Database database = mandatoryFindSingleByType(getContext(), Database.class);
        meters = mandatoryFindSingleByType(getContext(), Meters.class);
        templates = new AlertTemplates(getContext());
        channels = mandatoryFindSingleByType(getContext(), Channels.class);
        recipients = new Recipients(settings, channels);
        ChannelMessages messages = new ChannelMessages(channels, templates, clock);
        mail = new AlertMail(settings, recipients);
        LimitedMail.use(getContext(), MAIL_LIMIT);
        dueMails = dueMails(settings, database);
        Stream.of(Channel.values()).forEach(channel -> meters.addChannel(channel.toString()));
        meters.watch(Level.ALERT_AGE, () -> dueMails.oldestBounce()
                .map(received -> Math.max(0, Duration.between(received, clock.instant()).toSeconds())).orElse(0L));
        // camel-mail's own converter gives the content of a message, but an .eml file is the whole message
        getContext().getTypeConverterRegistry().addTypeConverter(InputStream.class, Envelope.class,
                new SimpleTypeConverter(false, (type, exchange, message) -> eml((Envelope) message)));

        // an error goes to send-alerts, which has the mail retried
        errorHandler(noErrorHandler());

        // @formatter:off
        from("direct:claim-alerts").routeId("claim-alerts")
            .description("Claims the deliveries that are due: of each mail, one for each recipient. Notices about the spool come first.")
            .process(exchange -> exchange.getMessage().setBody(dueMails.claimMails()));

        from("direct:render-alert").routeId("render-alert")
            .description("Makes the mail of a delivery")
            .setVariable("alert", body())
            .setHeader(Exchange.FILE_NAME, simple("${body.id}.eml"))
            .process(this::render);

        from("direct:claim-channel").routeId("claim-channel")
            .description("Claims the deliveries that are due through a channel. The route of a channel has its name.")
            .process(exchange -> exchange.getMessage().setBody(dueMails.claimMessages(exchange.getFromRouteId())));

        from("direct:render-channel").routeId("render-channel")
            .description("Makes the HTTP request of a delivery")
            .setVariable("alert", body())
            .process(exchange -> messages.make(exchange, delivery(exchange)));

        from("direct:mark-alert").routeId("mark-alert")
            .description("Marks a delivery as sent, and the bounces of its mail")
            .setVariable("taken", constant(true))
            .process(exchange -> markSent(delivery(exchange)));

        from("direct:release-alert").routeId("release-alert")
            .description("Has a delivery that failed retried, or gives it up")
            // a delivery that was sent but could not be marked is marked when the database is back
            .filter(variable("taken").isNull())
                .process(this::release)
            .end();

        from("scheduler:renew-claims?delay=5000").routeId("renew-claims")
            .description("Renews the claims of the deliveries in progress, however slow the mail server is")
            .filter(exchange -> !database.isDown())
                .process(exchange -> dueMails.renewClaims())
            .end();

        // a route of its own: the queries of a digest must not delay an alert
        from("scheduler:make-digests?delay=1000").routeId("make-digests")
            .description("Makes the digests that are due")
            .filter(exchange -> !database.isDown())
                .process(exchange -> digests.makeDue())
            .end();

        // a route of its own: a scrape would wait while the database hangs, and an edit may stop send-alerts
        from("scheduler:watch-alerts?delay=10000").routeId("watch-alerts")
            .description("Finds out for how long the oldest bounce has waited for its mail")
            .filter(exchange -> !database.isDown())
                .process(exchange -> dueMails.findOldestBounce())
            .end();
        // @formatter:on
    }

    private DueMails dueMails(Settings settings, Database database) {
        Jdbi jdbi = JdbiFactory.create(database);
        AlertPolicy policy = AlertPolicy.of(settings);
        Duration retry = policy.firstDelay();
        Spool spool = mandatoryFindSingleByType(getContext(), Spool.class);
        Map<String, String> own = byStoredForm(recipients.all());
        links = SignedLinks.of(settings, jdbi, clock);
        DigestQueries queries = new DigestQueries(jdbi, settings.alertZone(), kept(settings));
        outbox = new AlertOutbox(jdbi, clock, retry, new MailContents(jdbi, own, queries), recipients, mail::messageId);
        digests = new Digests(jdbi, spool, clock, settings.alertZone(), DigestSchedule.all(settings), queries, outbox);
        getContext().getRegistry().bind("answers", new Answers(clock, recipients, outbox));
        OwnBounces ownBounces = new OwnBounces(mail.sender(), own.keySet(), clock);
        UnreachableRecipients unreachable = new UnreachableRecipients(jdbi, clock, byStoredForm(recipients.fallback()).keySet(), outbox);
        Optional<MissingWebhooks> missingWebhooks = settings.text("alert.silence").isEmpty() ? Optional.empty()
                : Optional.of(new MissingWebhooks(jdbi, spool, clock, settings.duration("alert.silence"), outbox));
        Severities severities = new Severities(jdbi, clock, settings);
        Incidents incidents = new Incidents(jdbi, database, spool, clock, policy, severities, ownBounces, unreachable, outbox);
        return new DueMails(database, outbox, new ChangedRecipients(jdbi, clock, recipients, outbox),
                new Refusals(jdbi, clock, outbox), incidents, new Notices(spool, SpoolPlace.of(settings), clock, retry), missingWebhooks);
    }

    /** How long the database keeps events with their addresses; null for ever. */
    private static Duration kept(Settings settings) {
        return Stream.of("retention.days", "privacy.retention-days").filter(setting -> !settings.text(setting).isEmpty())
                .map(setting -> Duration.ofDays(settings.positive(setting))).min(Comparator.naturalOrder()).orElse(null);
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
        Delivery delivery = delivery(exchange);
        AnswerLinks answers = answers(delivery);
        MailWords words = templates.render(delivery.mailing(), answers);
        if (delivery.mailing() instanceof Alert alert && alert.subject() == null) {
            outbox.saveSubject(alert, words.subject());
        }
        exchange.getMessage().setBody(mail.make(delivery, words, answers));
    }

    /** @return null if the recipient cannot answer */
    private AnswerLinks answers(Delivery delivery) {
        return delivery.mailing() instanceof Notice ? null : links.map(signed -> AnswerLinks.of(signed, delivery)).orElse(null);
    }

    private void markSent(Delivery delivery) throws IOException {
        meters.sent(delivery.channel());
        dueMails.markSent(delivery);
        LOG.info("Sent {}", delivery);
    }

    private void release(Exchange exchange) throws IOException {
        Delivery delivery = delivery(exchange);
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (Refusal.isPartial(failure)) { // a notice about the spool, which goes to all recipients at once
            markSent(delivery);
            return;
        }
        meters.notSent(delivery.channel());
        Optional<Channel> channel = Channel.of(delivery.channel());
        Set<String> secrets = channel.map(each -> channels.secrets(each, delivery.mailing().audience())).orElse(Set.of());
        Optional<HttpRefusal> answer = HttpRefusal.of(failure, secrets, clock.instant());
        if (answer.isPresent() && !answer.get().permanent()) {
            dueMails.failed(delivery, answer.get());
        } else {
            dueMails.failed(delivery, failure, answer.map(refused -> new Refusal(false, settingToCheck(delivery), refused.text()))
                    .or(() -> Refusal.of(failure, recipients.setting(delivery.mailing()))));
        }
    }

    /** A route that a team has changed may send mails by HTTP too. */
    private String settingToCheck(Delivery delivery) {
        return Channel.of(delivery.channel()).map(channel -> channels.settingToCheck(channel, delivery.mailing().audience()))
                .orElse("alert.endpoint");
    }

    private static Delivery delivery(Exchange exchange) {
        return exchange.getVariable("alert", Delivery.class);
    }

    private static InputStream eml(Envelope message) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            message.writeTo(bytes);
            return new ByteArrayInputStream(bytes.toByteArray());
        } catch (IOException | MessagingException e) {
            throw new IllegalStateException("A mail that was made could not be written", e);
        }
    }
}
