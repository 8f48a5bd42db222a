package org.mailevents.reconcile;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.concurrent.Semaphore;
import org.mailevents.digest.DigestSchedule;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Begins and ends the runs of {@link Reconciliation}: at their time or by hand, and one at a time in all processes of the database. */
final class ReconcileRuns {

    private static final Logger LOG = LoggerFactory.getLogger("reconcile");
    /** What waits in a spool is not counted as stored. A run begins without it, but not later than this. */
    private static final Duration LONGEST_WAIT = Duration.ofHours(2);

    private final Semaphore free = new Semaphore(1);
    private final Reconciliation reconciliation;
    private final ReconciledDays days;
    private final ReceivingHours hours;
    private final SpoolBacklogs backlogs;
    private final DigestSchedule schedule;
    private final ZoneId scheduleZone;
    private final ZoneId zone;
    private final Clock clock;

    /**
     * @param schedule     when the last days are reconciled; null for only by hand
     * @param scheduleZone the zone of the schedule
     * @param zone         the zone of the webhooks
     */
    ReconcileRuns(Reconciliation reconciliation, ReconciledDays days, ReceivingHours hours, SpoolBacklogs backlogs,
            DigestSchedule schedule, ZoneId scheduleZone, ZoneId zone, Clock clock) {
        this.reconciliation = reconciliation;
        this.days = days;
        this.hours = hours;
        this.backlogs = backlogs;
        this.schedule = schedule;
        this.scheduleZone = scheduleZone;
        this.zone = zone;
        this.clock = clock;
    }

    void runWhenDue() throws InterruptedException {
        if (schedule == null) {
            return;
        }
        Instant now = clock.instant();
        Instant due = schedule.latest(now, scheduleZone);
        if (days.ranFor().isEmpty()) {
            days.saveRun(due, today()); // the first run is at the next time, when there is something to compare
        } else if (isWanted(due) && (!backlogs.areAny() || due.plus(LONGEST_WAIT).isBefore(now)) && begin()) {
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
            reconciliation.reconcileLastDays().forEach(day -> log(day, text(day, false)));
        } finally {
            // also after a failure: otherwise the next runs would use up the calls of the day
            days.saveRun(due, today());
        }
    }

    /** Whether a run may begin. {@link #run} must be called after it, because it ends the run. */
    boolean begin() {
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

    /** The run of one day that was begun. Returns its result as text. */
    String run(LocalDate day, boolean dryRun) throws InterruptedException {
        try {
            Day result = reconciliation.reconcile(day, dryRun);
            String text = text(result, dryRun);
            log(result, text);
            return text;
        } finally {
            end();
        }
    }

    private LocalDate today() {
        return clock.instant().atZone(zone).toLocalDate();
    }

    private static void log(Day day, String text) {
        LOG.atLevel(day.complete() && day.repaired() == 0 ? Level.INFO : Level.WARN).log(text.strip().replace("\n", " "));
    }

    private String text(Day day, boolean dryRun) {
        return ReconciliationView.text(day, dryRun, ReconciliationView.days(days, hours, day.mailDay()).stream()
                .filter(view -> view.date().equals(day.mailDay().toString())).flatMap(view -> view.hours().stream()).toList());
    }
}
