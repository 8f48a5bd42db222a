package org.mailevents.alert;

import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.SimpleTypeConverter;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.mailevents.database.Database;
import org.mailevents.live.LiveRoutes;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of an alert that must not go wrong; {@code send-alerts} (YAML) puts them in order and says when and where to.
 * Notices to the operators go the same way.
 */
public final class AlertSteps extends RouteBuilder {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    /** So many looks in a row may fail before it is told. */
    private static final int LOGGED = 5;
    /** How long a mail may take at the mail server. A live edit waits longer for a mail on its way. */
    private static final Duration MAIL_LIMIT = LiveRoutes.LONGEST_MAIL.minusSeconds(10);

    /** For a mail that some recipients still lack: who need not get it again. A start forgets it, and they get it twice. */
    private final Map<UUID, Set<Address>> settled = new ConcurrentHashMap<>();
    private Database database;
    private int failures;
    private AlertOutbox outbox;
    private Incidents incidents;
    private Notices notices;
    private Optional<MissingWebhooks> silence;
    private AlertTemplates templates;
    private AlertMail mail;
    private Meters meters;
    private volatile Optional<Instant> oldest = Optional.empty();

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        Clock clock = TimeSource.of(getContext());
        AlertPolicy policy = AlertPolicy.of(settings);
        database = Database.of(getContext());
        templates = new AlertTemplates(getContext());
        LimitedMail.use(getContext(), MAIL_LIMIT);
        mail = new AlertMail(settings);
        double urgentRate = settings.percent("alert.rate");
        Spool spool = Spool.of(getContext());
        Map<String, String> recipients = stored(mail.recipients());
        outbox = new AlertOutbox(database, clock, policy.firstDelay(), new MailContents(database, urgentRate, recipients), mail::messageId);
        incidents = new Incidents(database, spool, clock, policy, urgentRate, new OwnBounces(mail.sender(), recipients.keySet(), clock),
                stored(mail.fallback()).keySet(), outbox);
        silence = settings.text("alert.silence").isEmpty() ? Optional.empty()
                : Optional.of(new MissingWebhooks(database, spool, clock, settings.duration("alert.silence"), outbox));
        notices = new Notices(spool, clock, policy.firstDelay());
        meters = Meters.of(getContext());
        meters.watch(Level.ALERT_AGE, () -> oldest.map(received -> Math.max(0, Duration.between(received, clock.instant()).toSeconds())).orElse(0L));
        // camel-mail's own converter gives a message's content; an .eml file is the whole message
        getContext().getTypeConverterRegistry().addTypeConverter(InputStream.class, SMTPMessage.class,
                new SimpleTypeConverter(false, (type, exchange, message) -> eml((SMTPMessage) message)));

        // an error is the caller's: send-alerts has its mail tried again
        errorHandler(noErrorHandler());

        // @formatter:off
        from("direct:claim-alerts").routeId("claim-alerts")
            .description("Claims the bounces whose alert is due, one alert an audience; a notice to the operators comes first")
            .process(exchange -> exchange.getMessage().setBody(claim()));

        from("direct:render-alert").routeId("render-alert")
            .description("Makes a mail of an alert")
            .setVariable("alert", body())
            .setHeader(Exchange.FILE_NAME, simple("${body.id}.eml"))
            .process(this::render);

        from("direct:mark-alert").routeId("mark-alert")
            .description("Marks the bounces of an alert as told, now that its mail is on its way")
            .setVariable("taken", constant(true))
            .process(exchange -> mark(mailing(exchange)));

        from("direct:release-alert").routeId("release-alert")
            .description("Has an alert whose mail failed tried again soon, for the recipients who lack it")
            // what was taken and could not be marked is marked when the database is back
            .filter(variable("taken").isNull())
                .process(this::release)
            .end();

        from("scheduler:renew-claims?delay=5000").routeId("renew-claims")
            .description("Renews the claims of the mails on their way, however slow the mail server is")
            .filter(exchange -> !database.isDown())
                .process(exchange -> renewClaims())
            .end();

        // not asked at a scrape, which would wait while the database hangs; and whatever becomes of send-alerts
        from("scheduler:watch-alerts?delay=10000").routeId("watch-alerts")
            .description("Looks now and then for how long the oldest bounce has waited for its mail")
            .filter(exchange -> !database.isDown())
                .process(exchange -> oldest = oldest())
            .end();
        // @formatter:on
    }

    /** Our own addresses by what is stored of them, should a mail to them bounce: themselves, and their hashes where recipients are hashed. */
    private Map<String, String> stored(Set<String> addresses) {
        RecipientHash hash = RecipientHash.bound(getContext());
        Map<String, String> stored = new HashMap<>();
        addresses.forEach(address -> {
            stored.put(address, address);
            stored.put(hash.of(address), address);
        });
        return stored;
    }

    /** Notices need no database, so they must not wait for one; the bounces have their turn a second later. */
    private Iterator<? extends Mailing> claim() throws SQLException {
        List<Notice> due = notices();
        if (!due.isEmpty()) {
            return due.iterator();
        }
        try {
            incidents.advance();
            if (silence.isPresent()) {
                silence.get().check();
            }
            Iterator<Mailing> mails = outbox.claim();
            failures = 0;
            return mails;
        } catch (SQLException e) {
            if (!Database.isAbsent(e)) {
                throw e;
            }
            silence.ifPresent(MissingWebhooks::interrupted);
            if (!database.isDown() && ++failures % LOGGED == 0) { // an outage is in the log once, and need not be every second
                LOG.error("Alerts have to wait: {}", FailureText.describe(e));
            }
            return Collections.emptyIterator();
        }
    }

    /** What fails is tried again in five seconds; a claim lasts longer. */
    private void renewClaims() {
        try {
            outbox.renew();
        } catch (SQLException e) {
            if (!Database.isAbsent(e)) { // an outage is told by others
                LOG.error("The claims of mails on their way could not be renewed: {}", FailureText.describe(e));
            }
        }
    }

    /** A spool that cannot be read, which replay-spool tells, keeps no bounce waiting. */
    private List<Notice> notices() {
        try {
            return notices.due();
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }

    /** As it was known last, where the database does not tell. */
    private Optional<Instant> oldest() {
        try {
            return outbox.oldest();
        } catch (SQLException e) {
            return oldest; // an outage is told by others
        }
    }

    private void render(Exchange exchange) throws Exception {
        Mailing mailing = mailing(exchange);
        AlertTemplates.Words words = templates.render(mailing);
        if (mailing instanceof Alert alert && alert.subject() == null) {
            outbox.subject(alert, words.subject());
        }
        exchange.getMessage().setBody(mail.render(mailing, words, settled.getOrDefault(mailing.id(), Set.of())));
    }

    private void mark(Mailing mailing) throws SQLException, IOException {
        settled.remove(mailing.id());
        meters.mailSent();
        if (notices.isOne(mailing)) {
            notices.sent((Notice) mailing);
        } else {
            outbox.sent(mailing.id());
        }
        LOG.info("Mailed {}", mailing);
    }

    private void release(Exchange exchange) throws SQLException, IOException {
        Mailing mailing = mailing(exchange);
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        // the outermost one: those within are about single recipients
        while (failure != null && !(failure instanceof SendFailedException)) {
            failure = failure.getCause();
        }
        if (isThrough(mailing, (SendFailedException) failure)) {
            mark(mailing);
            return;
        }
        meters.mailFailed();
        if (notices.isOne(mailing)) {
            notices.failed((Notice) mailing);
        } else {
            outbox.failed(mailing.id());
        }
    }

    /**
     * Whether a mail that failed for some recipients has reached another and is refused for good (RFC 5321, 4.2.1) by the rest.
     * Refused by all, it is tried again: nobody would know.
     */
    private boolean isThrough(Mailing mailing, SendFailedException failure) {
        if (failure == null) {
            return false;
        }
        Set<Address> reached = new HashSet<>(settled.getOrDefault(mailing.id(), Set.of()));
        reached.addAll(addresses(failure.getValidSentAddresses()));
        if (reached.isEmpty()) {
            return false;
        }
        List<Address> refused = addresses(failure.getInvalidAddresses());
        if (!refused.isEmpty()) {
            LOG.error("{} recipients of the audience {} are refused for good: correct alert.to", refused.size(), mailing.audience());
        }
        reached.addAll(refused);
        settled.put(mailing.id(), reached);
        return addresses(failure.getValidUnsentAddresses()).isEmpty();
    }

    private static List<Address> addresses(Address[] addresses) {
        return addresses == null ? List.of() : Arrays.asList(addresses);
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
            throw new IllegalStateException("A rendered mail can be written", e);
        }
    }
}
