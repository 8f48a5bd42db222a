package org.mailevents.reconcile;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.console.ApiAnswer;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.EventReader;
import org.mailevents.event.Problem;
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
    /** What waits in the spool is not counted as stored. A run begins without it, but not later than this. */
    private static final Duration LONGEST_WAIT = Duration.ofHours(2);
    /** How long a caller waits. The command waits for a minute. */
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(45);
    /** The figures of the metrics are about so many days. */
    private static final int METRIC_DAYS = 7;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Semaphore free = new Semaphore(1);
    private Database database;
    private Clock clock;
    /** The zone of the webhooks, and of the days in which calls are counted. */
    private ZoneId zone;
    /** The zone of {@code vendor.reconcile}. */
    private ZoneId schedules;
    private Spool spool;
    private Optional<VendorSettings> vendor;
    private ReconciledDays days;
    private ReceivingHours hours;
    private CallBudget budget;
    private Reconciliation reconciliation;
    private ExecutorService thread;
    private volatile double missing = Double.NaN;
    private volatile Instant provedAt;

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        database = mandatoryFindSingleByType(getContext(), Database.class);
        clock = TimeSource.of(getContext());
        zone = settings.zone("webhook.time-zone");
        schedules = settings.alertZone();
        spool = mandatoryFindSingleByType(getContext(), Spool.class);
        Jdbi jdbi = JdbiFactory.create(database);
        Meters meters = mandatoryFindSingleByType(getContext(), Meters.class);
        days = new ReconciledDays(jdbi);
        hours = new ReceivingHours(jdbi, clock, meters::answers);
        budget = new CallBudget(jdbi, days, clock, zone, settings.positive("vendor.calls-a-day"));
        vendor = VendorSettings.of(settings);
        vendor.ifPresent(of -> reconciliation = reconciliation(of, jdbi, meters));
        thread = getContext().getExecutorServiceManager().newCachedThreadPool(this, ID);
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
            .filter(exchange -> reconciliation != null && !database.isDown())
                .process(exchange -> runWhenDue())
                .process(exchange -> readFigures())
            .end();

        from("scheduler:note-receiving?delay=20000").routeId("note-receiving")
            .description("Notes that the process is running, and how many webhooks it has refused")
            .onException(Throwable.class).handled(true).logExhausted(false).process(note::failed).end()
            .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
            .process(exchange -> hours.note())
            .filter(exchange -> !database.isDown())
                .process(exchange -> hours.save())
            .end();

        from("direct:read-reconciliation").routeId("read-reconciliation")
            .description("Reads the days that were compared with the vendor")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(view()));

        from("direct:reconcile-day").routeId("reconcile-day")
            .description("Compares one day with the vendor; the body names the day")
            .errorHandler(noErrorHandler())
            .process(this::reconcileDay);
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

    private void runWhenDue() throws InterruptedException {
        if (vendor.get().schedule() == null) {
            return;
        }
        Instant now = clock.instant();
        Instant due = vendor.get().schedule().latest(now, schedules);
        if (days.ranFor().isEmpty()) {
            days.saveRun(due, today()); // the first run is at the next time, when there is something to compare
        } else if (isWanted(due) && (spool.isEmpty() || due.plus(LONGEST_WAIT).isBefore(now)) && begin()) {
            try {
                runFor(due);
            } finally {
                end();
            }
        }
    }

    private boolean isWanted(Instant due) {
        return days.ranFor().map(due::isAfter).orElse(false);
    }

    private void runFor(Instant due) throws InterruptedException {
        if (!isWanted(due)) {
            return; // another process has ended this run just now
        }
        try {
            reconciliation.reconcileLastDays().forEach(day -> log(day, false));
        } finally {
            // also after a failure: otherwise the next runs would use up the calls of the day
            days.saveRun(due, today());
        }
    }

    /** Whether a run may begin. {@link #end} must be called after it. */
    private boolean begin() {
        if (!free.tryAcquire()) {
            return false;
        }
        boolean held = false;
        try {
            held = days.hold(clock.instant());
            return held;
        } finally {
            if (!held) {
                free.release();
            }
        }
    }

    private void end() {
        try {
            days.release(clock.instant());
        } finally {
            free.release();
        }
    }

    private LocalDate today() {
        return clock.instant().atZone(zone).toLocalDate();
    }

    private void log(Day day, boolean dryRun) {
        LOG.atLevel(day.complete() && day.repaired() == 0 ? org.slf4j.event.Level.INFO : org.slf4j.event.Level.WARN)
                .log(text(day, dryRun).strip().replace("\n", " "));
    }

    private String text(Day day, boolean dryRun) {
        return ReconciliationView.text(day, dryRun, ReconciliationView.days(days, hours, day.mailDay()).stream()
                .filter(view -> view.date().equals(day.mailDay().toString())).flatMap(view -> view.hours().stream()).toList());
    }

    private void readFigures() {
        List<Day> last = days.since(today().minusDays(METRIC_DAYS));
        missing = last.stream().mapToLong(Day::missing).sum();
        provedAt = last.stream().filter(Day::complete).map(Day::lookedAt).max(Comparator.naturalOrder()).orElse(provedAt);
    }

    private ReconciliationView view() {
        return new ReconciliationView(vendor.isPresent(), CalibrationView.of(days.calibration(), days.refusal().orElse(null)),
                ReconciliationView.days(days, hours, today().minusDays(ReconciliationView.DAYS)), budget.used(), budget.limit());
    }

    private void reconcileDay(Exchange exchange) throws Exception {
        String type = exchange.getMessage().getHeader(Exchange.CONTENT_TYPE, "", String.class);
        if (!type.matches("(?i)application/json(?:\\s*;.*)?")) {
            ApiAnswer.problem(exchange, new Problem(415, "Send the request as application/json."));
            return;
        }
        JsonNode request = request(exchange.getMessage().getBody(String.class));
        LocalDate day = day(request.path("day").asText());
        boolean dryRun = request.path("dryRun").asBoolean();
        if (reconciliation == null) {
            throw new IllegalArgumentException("Set vendor.api-user, vendor.api-key and vendor.server-composition first.");
        }
        if (!spool.isEmpty()) {
            ApiAnswer.problem(exchange, new Problem(409, "Webhooks wait in the spool, and would look as if they were missing. Try again"
                    + " when they are stored."));
            return;
        }
        if (!begin()) {
            ApiAnswer.problem(exchange, new Problem(409, "Another run is in progress. Try again when it has ended. If its process was"
                    + " killed, try again after five minutes."));
            return;
        }
        Future<String> running = thread.submit(() -> {
            try {
                Day result = reconciliation.reconcile(day, dryRun);
                log(result, dryRun);
                return text(result, dryRun);
            } finally {
                end();
            }
        });
        try {
            answer(exchange, running.get(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            answer(exchange, "The run goes on. GET /api/reconciliation and the log show its result.\n");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static void answer(Exchange exchange, String text) {
        ApiAnswer.put(exchange, 200, "text/plain; charset=utf-8", text);
    }

    private static JsonNode request(String body) {
        try {
            return JSON.readTree(body == null ? "" : body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Send a JSON object: the body is not JSON.", e);
        }
    }

    private static LocalDate day(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Set day to a day such as 2026-11-24.", e);
        }
    }
}
