package org.mailevents.reconcile;

import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneId;
import org.jdbi.v3.core.Jdbi;

/**
 * The calls of the vendor's API that are left today. The calls are counted in the database before they are made, so neither a restart nor a
 * second process exceeds the limit. Each call also prolongs the lease of its run.
 */
final class CallBudget {

    private final Jdbi jdbi;
    private final ReconciledDays days;
    private final Clock clock;
    private final ZoneId zone;
    private final int limit;

    /**
     * @param zone  of the days
     * @param limit the most calls of a day
     */
    CallBudget(Jdbi jdbi, ReconciledDays days, Clock clock, ZoneId zone, int limit) {
        this.jdbi = jdbi;
        this.days = days;
        this.clock = clock;
        this.zone = zone;
        this.limit = limit;
    }

    /** Counts a call that is made next. An attempt that fails counts too, because the vendor has the work of it. */
    void take() throws VendorProblem {
        if (!days.hold(clock.instant())) {
            throw new VendorProblem("Another process has gone on with this run.");
        }
        LocalDate today = today();
        boolean taken = jdbi.inTransaction(handle -> {
            handle.execute("INSERT INTO vendor_call (call_day, calls) VALUES (?, 0) ON CONFLICT DO NOTHING", today);
            return handle.execute("UPDATE vendor_call SET calls = calls + 1 WHERE call_day = ? AND calls < ?", today, limit) == 1;
        });
        if (!taken) {
            throw new VendorProblem("The " + limit + " calls of vendor.calls-a-day are used up. The next run goes on here.");
        }
    }

    /** How many calls were made today. */
    int used() {
        return jdbi.withHandle(handle -> handle.select("SELECT calls FROM vendor_call WHERE call_day = ?", today()).mapTo(int.class)
                .findOne().orElse(0));
    }

    int limit() {
        return limit;
    }

    private LocalDate today() {
        return clock.instant().atZone(zone).toLocalDate();
    }
}
