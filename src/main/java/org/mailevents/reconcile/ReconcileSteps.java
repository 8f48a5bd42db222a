package org.mailevents.reconcile;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.EventReader;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.HiddenRecipients;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.reconcile.ReconciliationView.CalibrationView;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the days of the vendor with what is stored, once a day ({@code vendor.reconcile}) or by hand, and notes what happens at the HTTP
 * endpoint. What is missing goes into the spool, like a webhook that cannot be stored now, and takes the same way from there.
 */
public final class ReconcileSteps extends RouteBuilder {

    private static final String ID = "reconcile";
    private static final Logger LOG = LoggerFactory.getLogger(ID);
    /** How long an answer of the vendor may take. */
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** The figures of the metrics are about so many days. */
    private static final int METRIC_DAYS = 7;

    private Database database;
    private Clock clock;
    /** The zone of the webhooks, and of the days in which calls are counted. */
    private ZoneId zone;
    private ReconciledDays days;
    private ReceivingHours hours;
    private CallBudget budget;
    /** Null if the settings of the vendor's API are not set. */
    private ReconcileRuns runs;
    private volatile double missing = Double.NaN;
    private volatile Instant provedAt;

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        database = mandatoryFindSingleByType(getContext(), Database.class);
        clock = TimeSource.of(getContext());
        zone = settings.zone("webhook.time-zone");
        Jdbi jdbi = JdbiFactory.create(database);
        Meters meters = mandatoryFindSingleByType(getContext(), Meters.class);
        days = new ReconciledDays(jdbi);
        hours = new ReceivingHours(jdbi, clock, meters::answers);
        budget = new CallBudget(jdbi, days, clock, zone, settings.positive("vendor.calls-a-day"));
        SpoolBacklogs backlogs = new SpoolBacklogs(jdbi, mandatoryFindSingleByType(getContext(), Spool.class)::isEmpty, clock);
        runs = VendorSettings.of(settings).map(vendor -> new ReconcileRuns(reconciliation(vendor, jdbi, meters), days, hours, backlogs,
                vendor.schedule(), settings.alertZone(), zone, clock)).orElse(null);
        DayRequests requests = new DayRequests(runs, backlogs, getContext().getExecutorServiceManager().newCachedThreadPool(this, ID));
        meters.watch(Level.RECONCILIATION_MISSING, () -> missing);
        meters.watch(Level.RECONCILIATION_AGE, () -> provedAt == null ? Double.NaN
                : Duration.between(provedAt, clock.instant()).toSeconds());
        BackgroundJob run = new BackgroundJob(database, 1, LOG, "The days cannot be reconciled: {}");
        BackgroundJob note = new BackgroundJob(database, 1, LOG, "What happens at the HTTP endpoint cannot be noted: {}");

        // @formatter:off
        from("scheduler:reconcile?delay=10000").routeId(ID)
            .description("Compares the last days with the vendor when it is time (vendor.reconcile), and repairs them")
            .onException(Throwable.class).handled(true).logExhausted(false).process(run::failed).end()
            .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
            .filter(exchange -> runs != null && !database.isDown())
                .process(exchange -> runs.runWhenDue())
                .process(exchange -> readFigures())
            .end();

        from("scheduler:note-receiving?delay=20000").routeId("note-receiving")
            .description("Notes that the process is running, how many webhooks it has refused, and whether its spool has a backlog")
            .onException(Throwable.class).handled(true).logExhausted(false).process(note::failed).end()
            .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
            .process(exchange -> hours.note())
            .filter(exchange -> !database.isDown())
                .process(exchange -> hours.save())
                .process(exchange -> backlogs.note())
            .end();

        from("direct:read-reconciliation").routeId("read-reconciliation")
            .description("Reads the days that were compared with the vendor")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(view()));

        from("direct:reconcile-day").routeId("reconcile-day")
            .description("Compares one day with the vendor; the body names the day")
            .errorHandler(noErrorHandler())
            .process(requests::answer);
        // @formatter:on
    }

    private Reconciliation reconciliation(VendorSettings settings, Jdbi jdbi, Meters meters) {
        RecipientHash hash = mandatoryFindSingleByType(getContext(), RecipientHash.class);
        EventReader reader = mandatoryFindSingleByType(getContext(), EventReader.class);
        WebhookReader webhooks = new WebhookReader(reader, hash);
        ProducerTemplate template = getContext().createProducerTemplate();
        StoredRecords stored = new StoredRecords(jdbi, settings.serverComposition());
        Repair repair = new Repair(reader, new HiddenRecipients(hash), settings.serverComposition(), stored, days, clock,
                (webhook, events) -> {
                    spool(template, webhooks.read(webhook, clock.instant()));
                    meters.repaired(events);
                });
        return new Reconciliation(settings, new VendorApi(settings, budget, LIMIT, PAUSE), stored, days, hours, repair, zone, clock);
    }

    private static void spool(ProducerTemplate template, WebhookPieces pieces) {
        while (pieces.hasNext()) {
            Webhook piece = pieces.next();
            Exchange exchange = template.send("direct:spool-webhook", message -> message.getMessage().setBody(piece));
            if (!(exchange.getMessage().getBody() instanceof Receipt)) {
                throw new IllegalStateException("The missing events cannot be written into the spool", exchange.getException());
            }
        }
    }

    private LocalDate today() {
        return clock.instant().atZone(zone).toLocalDate();
    }

    private void readFigures() {
        List<Day> last = days.since(today().minusDays(METRIC_DAYS));
        missing = last.stream().mapToLong(Day::missing).sum();
        provedAt = last.stream().filter(Day::complete).map(Day::lookedAt).max(Comparator.naturalOrder()).orElse(provedAt);
    }

    private ReconciliationView view() {
        return new ReconciliationView(runs != null, CalibrationView.of(days.calibration(), days.refusal().orElse(null)),
                ReconciliationView.days(days, hours, today().minusDays(ReconciliationView.DAYS)), budget.used(), budget.limit());
    }
}
