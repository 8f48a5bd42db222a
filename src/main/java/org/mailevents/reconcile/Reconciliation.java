package org.mailevents.reconcile;

import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.reconcile.StoredRecords.Counts;
import org.mailevents.reconcile.VendorApi.DayCount;

/**
 * Compares days of the vendor with what is stored, and repairs them. One run looks at one or several days, the newest first. It ends early
 * if the calls of the day are used up or the vendor does not answer, and the next run goes on there.
 */
final class Reconciliation {

    /** How many days back a scheduled run goes on with a day that is not complete. */
    private static final int DAYS = 7;

    private final VendorApi api;
    private final VendorList list;
    private final StoredRecords stored;
    private final ReconciledDays days;
    private final ReceivingHours hours;
    private final Repair repair;
    private final VendorDays vendorDays;
    private final Clock clock;
    private final String serverComposition;

    /**
     * @param repair makes events of listed records and sends the missing ones to the spool
     * @param zone   the zone of the webhooks
     */
    Reconciliation(VendorSettings settings, VendorApi api, StoredRecords stored, ReconciledDays days, ReceivingHours hours, Repair repair,
            ZoneId zone, Clock clock) {
        this.api = api;
        this.list = new VendorList(api);
        this.stored = stored;
        this.days = days;
        this.hours = hours;
        this.repair = repair;
        this.vendorDays = new VendorDays(zone, settings.kept(), clock);
        this.clock = clock;
        this.serverComposition = settings.serverComposition();
    }

    /** Looks at the last days that have ended and are not complete, but at no day that began before the first webhook. */
    List<Day> reconcileLastDays() throws InterruptedException {
        Optional<Instant> first = stored.first();
        Calibration known = days.calibration();
        List<LocalDate> wanted = first.isEmpty() ? List.of() : Stream.iterate(vendorDays.lastEnded(known), day -> day.minusDays(1))
                .limit(DAYS).takeWhile(day -> vendorDays.begin(day, known).isAfter(first.get()) && vendorDays.isKept(day, known))
                .filter(day -> !days.day(day).map(Day::complete).orElse(false)).toList();
        return reconcile(wanted, false);
    }

    /**
     * Looks at one day.
     *
     * @param dryRun whether nothing is repaired and nothing is kept except the number of the calls
     * @throws IllegalArgumentException if the day has not ended, or is too old; the message says which days can be asked for
     */
    Day reconcile(LocalDate day, boolean dryRun) throws InterruptedException {
        vendorDays.require(day, days.calibration());
        boolean isOpen = days.day(day).filter(before -> !before.complete()).isPresent();
        if (!dryRun && isOpen && new DayParts(days.parts(day)).areAllListed()) {
            days.forgetParts(day); // somebody asks for it again, so it is listed again
        }
        return reconcile(List.of(day), dryRun).get(0);
    }

    private List<Day> reconcile(List<LocalDate> wanted, boolean dryRun) throws InterruptedException {
        Map<YearMonth, Map<LocalDate, DayCount>> statistics = new HashMap<>();
        List<Day> results = new ArrayList<>();
        String ended = null;
        String refusal = null;
        for (LocalDate day : wanted) {
            DayCount vendor = null;
            try {
                if (ended == null) {
                    vendor = statistics(statistics, day);
                }
            } catch (VendorProblem e) {
                ended = e.getMessage();
            }
            Day result;
            if (vendor == null) {
                result = notAsked(day, ended);
            } else {
                Calibration known = days.calibration();
                DayParts parts = new DayParts(days.parts(day));
                DayRepair dayRepair = new DayRepair(day, new Offsets(day, serverComposition), parts, known, dryRun, stored, days, repair);
                DayLook look = new DayLook(day, vendor, parts, dayRepair, list, repair);
                ended = look.list(suspicious(day, dayRepair), wanted.indexOf(day) < wanted.size() - 1);
                result = look.result(ended, dryRun ? dayRepair.repaired().all() : days.repaired(day), clock);
                if (!dryRun && look.provesDays(result)) {
                    days.save(dayRepair.known().agreeing());
                }
                refusal = refusal == null ? dayRepair.refusal() : refusal;
            }
            if (!dryRun) {
                days.save(result);
            }
            results.add(result);
        }
        if (!dryRun && !statistics.isEmpty()) {
            days.saveRefusal(refusal);
        }
        return results;
    }

    /** What the vendor counts of a day. The first day of a month asks for all days of the month. */
    private DayCount statistics(Map<YearMonth, Map<LocalDate, DayCount>> known, LocalDate day) throws VendorProblem, InterruptedException {
        YearMonth month = YearMonth.from(day);
        if (!known.containsKey(month)) {
            known.put(month, api.statistics(month));
        }
        return known.get(month).getOrDefault(day, DayCount.NONE);
    }

    private IntPredicate suspicious(LocalDate day, DayRepair dayRepair) {
        return hour -> hours.at(vendorDays.instant(day.atTime(hour, 0), dayRepair.known()).truncatedTo(ChronoUnit.HOURS)).isSuspicious();
    }

    /** A day of which the vendor said nothing, because the run had ended before. */
    private Day notAsked(LocalDate day, String ended) {
        String remark = new DayParts(days.parts(day)).notListed(ended);
        return days.day(day).map(before -> before.remarked(remark)).orElseGet(() -> {
            Counts own = stored.count(day, days.calibration().assumed());
            return new Day(day, own.deliveries().total() + own.bounces(), null, 0, 0, clock.instant(), false, remark);
        });
    }
}
