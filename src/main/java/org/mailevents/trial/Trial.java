package org.mailevents.trial;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookBody;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.live.DraftReview;
import org.mailevents.log.FailureText;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.rehearsal.MisspeltDecisions;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteWarning;
import org.mailevents.settings.Settings;
import org.mailevents.store.StoredEvents;

/** Tries drafts: runs events through them and through the active routes, and tells what they would change. */
final class Trial {

    /** How long a trial that somebody waits for may take. Then it tells how far it has come. */
    static final Duration LIMIT = Duration.ofSeconds(30);
    static final int MAX_EXAMPLES = 50;

    private final CamelContext application;
    private final Jdbi jdbi;
    private final ActiveRoutes active;
    private final EventReader reader;
    private final RecipientHash hash;
    private final Clock clock;
    private final LongSupplier webhooks;
    private final int maxExamples;
    private final Duration limit;

    /**
     * @param webhooks how many webhooks the application has answered; while the number grows, the trial gives way
     * @param limit    how long a trial may take
     */
    Trial(CamelContext application, Jdbi jdbi, ActiveRoutes active, RecipientHash hash, Clock clock, LongSupplier webhooks,
            int maxExamples, Duration limit) {
        this.application = application;
        this.jdbi = jdbi;
        this.active = active;
        this.reader = mandatoryFindSingleByType(application, EventReader.class);
        this.hash = hash;
        this.clock = clock;
        this.webhooks = webhooks;
        this.maxExamples = maxExamples;
        this.limit = limit;
    }

    /** Says why drafts would not be activated. */
    static final class BrokenDrafts extends Exception {

        private BrokenDrafts(List<BrokenFile> mistakes) {
            super("Not tried, because these drafts would not be activated: "
                    + String.join(" | ", mistakes.stream().map(BrokenFile::getMessage).toList()));
        }
    }

    /** Where the drafts are: a folder in the folder of the routes. Nothing watches or loads it. */
    static Path drafts(Path routes) {
        return routes.resolve("drafts");
    }

    /**
     * @throws BrokenDrafts             if the drafts cannot be activated
     * @throws IllegalArgumentException if there is nothing to try
     */
    TryResult run(TryRequest request) throws BrokenDrafts, InterruptedException {
        long start = System.nanoTime();
        Pace pace = new Pace(webhooks);
        Path routes = new Settings(application).routes();
        Map<String, String> files = active.withTests();
        Map<String, String> drafts = request.files() == null ? drafts(request, drafts(routes)) : request.files();
        List<String> rejected = new ArrayList<>();
        Source source = request.payload() == null
                ? new Source(StoredEvents.newest(jdbi, request.since(), request.until(), request.events()), null)
                : new Source(null, events(request.payload(), rejected));
        pace.step();
        DraftReview review = DraftReview.of(application, files, routes, drafts);
        if (!review.mistakes().isEmpty()) {
            throw new BrokenDrafts(review.mistakes());
        }
        pace.step();
        Audiences audiences = Audiences.of(new Settings(application));
        MailCount mails = request.payload() == null ? new MailCount(new Settings(application), audiences) : null;
        try (Comparison comparison = new Comparison(application, files, review.files(), audiences, new PersonalFields(hash),
                maxExamples)) {
            Instant newest = null;
            Instant oldest = null;
            int events = 0;
            String stopped = null;
            Iterator<MailEvent> all = source.events();
            while (stopped == null && all.hasNext()) {
                MailEvent event = reader.undecided(all.next());
                Comparison.Outcomes outcomes = comparison.add(event);
                if (mails != null) {
                    mails.add(event, outcomes);
                }
                newest = newest == null ? event.receivedAt() : newest;
                oldest = event.receivedAt();
                events++;
                pace.step();
                stopped = !all.hasNext() ? null : whyToStop(start, events, source.size());
            }
            return new TryResult(List.copyOf(drafts.keySet()), events, text(newest), text(oldest),
                    Math.round((System.nanoTime() - start) / 1e8) / 10.0, stopped, comparison.changed(), comparison.changes(),
                    mails == null || events == 0 ? null : mails.count(oldest, newest), comparison.differByThemselves(),
                    comparison.notKnown(), comparison.notComparable(), failedTests(review),
                    warnings(comparison, review, drafts), rejected);
        } catch (BrokenFile e) {
            throw new BrokenDrafts(List.of(e));
        }
    }

    private static List<String> failedTests(DraftReview review) {
        return review.failedTests().stream().map(BrokenFile::getMessage).toList();
    }

    /** Warnings about active files are in the log and in the health check already. */
    private List<String> warnings(Comparison comparison, DraftReview review, Map<String, String> drafts) {
        return comparison.warnings(new MisspeltDecisions(new Settings(application), review.files())).stream()
                .filter(warning -> drafts.containsKey(warning.file())).map(RouteWarning::toString).toList();
    }

    /** One of the two is null. */
    private record Source(StoredEvents stored, List<MailEvent> payload) {

        Iterator<MailEvent> events() {
            return stored == null ? payload.iterator() : stored;
        }

        int size() {
            return stored == null ? payload.size() : stored.size();
        }
    }

    private String whyToStop(long start, int events, int of) {
        if (application.isStopping() || Thread.currentThread().isInterrupted()) {
            return "Mail Events stops";
        }
        return System.nanoTime() - start < limit.toNanos() ? null
                : "after " + limit.toSeconds() + " s, " + events + " of " + of + " events had been run, the newest first";
    }

    private static Map<String, String> drafts(TryRequest request, Path folder) {
        Map<String, String> drafts = new TreeMap<>(DraftReview.read(folder));
        if (request.drafts() != null) {
            Set<String> names = drafts.keySet().stream().map(path -> Path.of(path).getFileName().toString()).collect(Collectors.toSet());
            if (!names.containsAll(request.drafts())) {
                throw new IllegalArgumentException("A draft does not exist: look into the folder " + folder + ".");
            }
            drafts.keySet().removeIf(path -> !request.drafts().contains(Path.of(path).getFileName().toString()));
        }
        if (drafts.isEmpty()) {
            throw new IllegalArgumentException("There is no draft: copy a file of " + folder.getParent() + " to the folder " + folder
                    + ", and edit the copy.");
        }
        return drafts;
    }

    /** @param rejected gets the reasons why elements are no events */
    private List<MailEvent> events(String payload, List<String> rejected) {
        WebhookReader webhook = new WebhookReader(reader, hash);
        List<MailEvent> events = new ArrayList<>();
        WebhookBody body = WebhookBody.of(!payload.stripLeading().startsWith("{"), payload);
        try (WebhookPieces pieces = webhook.read(body, clock.instant())) {
            while (pieces.hasNext()) {
                Webhook piece = pieces.next();
                if (piece.problem() != null) {
                    throw new IllegalArgumentException("The payload is not a webhook: " + piece.problem().detail());
                }
                events.addAll(piece.events());
                piece.rejected().stream().map(RejectedEvent::reason).map(FailureText::line).forEach(rejected::add);
            }
        }
        return events;
    }

    private static String text(Instant time) {
        return time == null ? null : time.toString();
    }
}
