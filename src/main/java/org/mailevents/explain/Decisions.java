package org.mailevents.explain;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.explain.Decision.Branch;
import org.mailevents.explain.Decision.Remark;
import org.mailevents.explain.Decision.Revision;
import org.mailevents.explain.Decision.Step;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RehearsalOutcome;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteRevision;
import org.mailevents.settings.Settings;
import org.mailevents.store.RouteRevisions;
import org.mailevents.store.RouteRevisions.Recorded;
import org.mailevents.store.StoredEvents;

/**
 * Explains decisions: makes the event of its row again, and runs it once more through the routes of its revision, step by step. The
 * settings and beans are those of today, and an answer of another system is not known. So the result is compared with the row.
 */
final class Decisions {

    private final CamelContext context;
    private final Jdbi jdbi;
    private final ActiveRoutes active;

    Decisions(CamelContext context, Jdbi jdbi, ActiveRoutes active) {
        this.context = context;
        this.jdbi = jdbi;
        this.active = active;
    }

    /** A row with the routes that are asked about it. */
    private record Case(MailEvent event, RouteRevision routes, Revision revision) {
    }

    /** @return the decision, or empty if there is no such event */
    Optional<Decision> explain(UUID eventId) {
        // the connection goes back to the pool before the routes run
        return read(eventId).map(this::explain);
    }

    private Optional<Case> read(UUID eventId) {
        return jdbi.withHandle(handle -> StoredEvents.find(handle, eventId).map(event -> {
            RouteRevision now = active.revision();
            Optional<Recorded> decided = StoredEvents.revision(handle, eventId).flatMap(id -> RouteRevisions.find(handle, id));
            RouteRevision routes = decided.map(Recorded::revision).orElse(now);
            Instant firstUsedAt = decided.or(() -> RouteRevisions.find(handle, now.id())).map(Recorded::firstUsedAt).orElse(null);
            return new Case(event, routes, new Revision(routes.id(), firstUsedAt, routes.id().equals(now.id()), decided.isPresent()));
        }));
    }

    private Decision explain(Case asked) {
        MailEvent event = asked.event();
        List<Remark> remarks = new ArrayList<>();
        if (!asked.revision().decided()) {
            remarks.add(new Remark("revision-unknown", "The event was stored before events named the revision of the routes. The active"
                    + " routes were asked instead."));
        }
        if (event.messageId() == null && event.recipient() == null && event.createdText() == null) {
            remarks.add(new Remark("personal-data-removed", "The personal data of the event was removed, so a condition on it is not met"
                    + " any more."));
        }
        RehearsalOutcome outcome = null;
        try (Rehearsal rehearsal = new Rehearsal(context, inRoutes(asked.routes()))) {
            outcome = rehearsal.run(undecided(event));
            compare(event, outcome, remarks);
        } catch (BrokenFile e) {
            remarks.add(new Remark("failed", "The routes of this revision do not load today: " + e.getMessage()));
        }
        List<Branch> branches = outcome == null ? List.of()
                : outcome.steps().stream().filter(step -> step.branch() != null).map(Branch::of).distinct().toList();
        Decision decision = new Decision(event.eventId(), event.eventType(), event.status(), event.receivedAt(), event.cause(),
                event.dead(), event.kind(), event.audience(), recipients(event.audience()), asked.revision(), branches,
                outcome == null ? null : Step.of(outcome.kindStep()),
                outcome == null ? null : Step.of(outcome.audienceStep()), List.copyOf(remarks), null);
        return DecisionText.in(decision);
    }

    private MailEvent undecided(MailEvent event) {
        return mandatoryFindSingleByType(context, EventReader.class).undecided(event);
    }

    private String recipients(String audience) {
        return audience == null || audience.equals(Settings.MUTED) ? null : new Settings(context).recipientsSetting(audience);
    }

    private void compare(MailEvent event, RehearsalOutcome outcome, List<Remark> remarks) {
        if (outcome.failure() != null) {
            remarks.add(new Remark("failed", "These routes fail for the event today: " + outcome.failure().getMessage()));
            return;
        }
        // empty if the routes drop the event today
        MailEvent today = outcome.stored().isEmpty() ? undecided(event) : outcome.stored().get(0);
        if (today.audience() == null && event.eventType().equals(MailEvent.BOUNCES)) {
            today = event.decided(today.kind(), new Settings(context).audience("alert.undecided"));
            remarks.add(new Remark("undecided", "No step set an audience, so the bounce got the audience of alert.undecided: "
                    + today.audience() + "."));
        }
        // if no step sets the kind, it is that of the cause, which may have another name by now
        boolean sameKind = outcome.kindStep() == null || Objects.equals(today.kind(), event.kind());
        if (!sameKind || !Objects.equals(today.audience(), event.audience())) {
            remarks.add(new Remark("differs", "The same routes decide differently today: kind " + today.kind() + ", audience "
                    + today.audience() + ". They may depend on the time, a setting or another system."));
        }
        if (outcome.answerMissing()) {
            remarks.add(new Remark("answer-missing", "The routes asked another system, and its answer is not known here."));
        }
    }

    /** The files of a revision have no folder. */
    private static Map<String, String> inRoutes(RouteRevision revision) {
        return revision.files().entrySet().stream().collect(Collectors.toMap(file -> "routes/" + file.getKey(), Map.Entry::getValue));
    }
}
