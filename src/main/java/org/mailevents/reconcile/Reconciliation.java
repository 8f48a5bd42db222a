package org.mailevents.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.reconcile.Repair.Missing;
import org.mailevents.reconcile.VendorApi.DayCount;

/**
 * Compares days of the vendor with what is stored, and repairs them. One run looks at one or several days, the newest first. It ends early
 * if the calls of the day are used up or the vendor does not answer, and the next run goes on there.
 */
final class Reconciliation {

    /** Webhooks of a day that has just ended may still be on their way. */
    private static final Duration SETTLING = Duration.ofHours(1);
    /** A day ends last in the zone that is 12 hours behind UTC. */
    private static final ZoneOffset LAST_ZONE = ZoneOffset.ofHours(-12);
    /** How many days back a scheduled run goes on with a day that is not complete. */
    private static final int DAYS = 7;
    /** The vendor keeps its logs for 40 days. */
    private static final int KEPT_DAYS = 40;
    /** Events of a day may be deleted so much before the age of the day says so: zones and clocks differ, and a run takes its time. */
    private static final Duration DELETED_EARLY = Duration.ofDays(1);

    private final VendorApi api;
    private final VendorList list;
    private final StoredRecords stored;
    private final ReconciledDays days;
    private final ReceivingHours hours;
    private final Repair repair;
    private final ZoneId zone;
    private final Duration kept;
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
        this.zone = zone;
        this.kept = settings.kept();
        this.clock = clock;
        this.serverComposition = settings.serverComposition();
    }

    /** Looks at the last days that have ended and are not complete, but at no day that began before the first webhook. */
    List<Day> reconcileLastDays() throws InterruptedException {
        Optional<Instant> first = stored.first();
        LocalDate last = lastEnded(days.calibration());
        List<LocalDate> wanted = first.isEmpty() ? List.of() : Stream.iterate(last, day -> day.minusDays(1)).limit(DAYS)
                .takeWhile(day -> begin(day, days.calibration()).isAfter(first.get()) && isKept(day))
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
        LocalDate last = lastEnded(days.calibration());
        LocalDate first = last.minusDays(KEPT_DAYS);
        while (!isKept(first) && first.isBefore(last)) {
            first = first.plusDays(1);
        }
        if (day.isAfter(last) || day.isBefore(first)) {
            throw new IllegalArgumentException("Choose a day from " + first + " to " + last + ": the vendor keeps " + KEPT_DAYS + " days,"
                    + " events older than retention.days are deleted, and the day must have ended.");
        }
        boolean isOpen = days.day(day).filter(before -> !before.complete()).isPresent();
        if (!dryRun && isOpen && DayParts.areAll(days.parts(day).keySet())) {
            days.forgetParts(day); // somebody asks for it again, so it is listed again
        }
        return reconcile(List.of(day), dryRun).get(0);
    }

    /** Whether all events of a day are still here. What was deleted would be taken for missing, and would be told again. */
    private boolean isKept(LocalDate day) {
        return kept == null || begin(day, days.calibration()).isAfter(clock.instant().minus(kept).plus(DELETED_EARLY));
    }

    private LocalDate lastEnded(Calibration known) {
        Instant settled = clock.instant().minus(SETTLING);
        LocalDate last = settled.atZone(LAST_ZONE).toLocalDate().plusDays(2);
        while (end(last, known).isAfter(settled)) {
            last = last.minusDays(1);
        }
        return last;
    }

    private Instant end(LocalDate day, Calibration known) {
        return known.isKnown() ? begin(day.plusDays(1), known) : day.plusDays(1).atStartOfDay().toInstant(LAST_ZONE);
    }

    private Instant begin(LocalDate day, Calibration known) {
        return instant(day.atStartOfDay(), known);
    }

    private Instant instant(LocalDateTime ofVendor, Calibration known) {
        return ofVendor.minus(known.assumed()).atZone(zone).toInstant();
    }

    private List<Day> reconcile(List<LocalDate> wanted, boolean dryRun) throws InterruptedException {
        Map<YearMonth, Map<LocalDate, DayCount>> statistics = new HashMap<>();
        List<Day> results = new ArrayList<>();
        String ended = null;
        String refusal = null;
        for (LocalDate day : wanted) {
            Calibration known = days.calibration();
            DayCount vendor = null;
            try {
                if (ended == null) {
                    YearMonth month = YearMonth.from(day);
                    if (!statistics.containsKey(month)) {
                        statistics.put(month, api.statistics(month));
                    }
                    vendor = statistics.get(month).getOrDefault(day, DayCount.NONE);
                }
            } catch (VendorProblem e) {
                ended = e.getMessage();
            }
            DayLook look = new DayLook(day, vendor, known, dryRun);
            if (vendor != null) {
                ended = look.list(wanted.indexOf(day) < wanted.size() - 1);
            }
            results.add(look.save(ended));
            refusal = refusal == null ? look.refusal : refusal;
        }
        if (!dryRun && !statistics.isEmpty()) {
            days.saveRefusal(refusal);
        }
        return results;
    }

    /** One look at one day. */
    private final class DayLook {

        private final LocalDate day;
        private final DayCount vendor;
        private final boolean dryRun;
        private final Offsets offsets;
        private final List<ListedPart> unjudged = new ArrayList<>();
        private final DayParts parts;
        private StoredRecords.Counts own;
        private Calibration known;
        /** The offset of this day is believed. */
        private boolean believed;
        private RepairedCounts repaired = RepairedCounts.NONE;
        private String refusal;

        /** @param vendor null if the vendor was not asked */
        DayLook(LocalDate day, DayCount vendor, Calibration known, boolean dryRun) {
            this.day = day;
            this.vendor = vendor;
            this.known = known;
            this.dryRun = dryRun;
            this.offsets = new Offsets(day, serverComposition);
            this.parts = new DayParts(days.parts(day));
            this.own = stored.count(day, known.assumed());
        }

        /**
         * Lists what is needed, and repairs it once the offset of the day is believed.
         *
         * @param olderWait whether an older day may need this day to confirm the offset
         * @return why the run ends here; null if it goes on
         */
        String list(boolean olderWait) throws InterruptedException {
            try {
                take(DayParts.BOUNCES);
                for (String part : parts.deliveries(list.calls(vendor.total()), this::isSuspicious)) {
                    if (refusal == null && isNeeded(olderWait)) {
                        take(part);
                    }
                }
            } catch (VendorProblem e) {
                return e.getMessage();
            }
            if (refusal == null && !unjudged.isEmpty() && differences() != null) {
                refusal = !believed ? offsets.unknown() : unjudged.get(0).isBounces() ? "The " + unjudged.get(0).records().size()
                        + " bounces of the vendor's list cannot be repaired, because no stored bounce confirms their times."
                        : "The deliveries of the vendor's list cannot be repaired, because no stored delivery confirms their times.";
            }
            return null;
        }

        private boolean isNeeded(boolean olderWait) {
            if (!believed && (own.deliveries().total() == 0 || offsets.isHopeless())) {
                return false;
            }
            if (own.deliveries().equals(vendor)) {
                return !believed && (!known.isKnown() || olderWait);
            }
            // a difference is explained only if the statistics count the same days as the lists
            boolean explained = known.daysAgree() && own.deliveries().plus(repaired.deliveries()).equals(vendor);
            return vendor.total() > 0 && !explained;
        }

        private boolean isSuspicious(int hour) {
            return hours.at(instant(day.atTime(hour, 0), known).truncatedTo(ChronoUnit.HOURS)).isSuspicious();
        }

        private void take(String part) throws VendorProblem, InterruptedException {
            if (parts.isListed(part)) {
                return;
            }
            String resource = DayParts.resource(part);
            Collection<ObjectNode> elements = list.all(resource, day, DayParts.hour(part));
            ListedPart listed = new ListedPart(part, repair.read(resource, elements));
            if (listed.records().isEmpty() && !elements.isEmpty()) {
                refusal = "No record of the vendor's list of " + resource + " can be read, so its form is not that of the webhooks.";
                return;
            }
            Optional<ListedRecord> elsewhere = listed.records().stream().filter(record -> !DayParts.contains(part, day, record.created()))
                    .findFirst();
            if (elsewhere.isPresent()) {
                refusal = "The vendor's list for " + day + (DayParts.hour(part) == null ? "" : ", hour " + part)
                        + " has a record of " + elsewhere.get().event().createdText() + ", so its days are not those of its times.";
                return;
            }
            offsets.add(resource, listed.records(), stored.of(resource, listed.records()));
            unjudged.add(listed);
            judge();
        }

        private void judge() {
            refusal = offsets.contradiction().orElse(null);
            Optional<Calibration> concluded = offsets.conclude(known);
            if (refusal != null || concluded.isEmpty()) {
                return;
            }
            if (!concluded.get().equals(known)) {
                if (!concluded.get().assumed().equals(known.assumed())) {
                    own = stored.count(day, concluded.get().assumed());
                }
                known = concluded.get();
                if (!dryRun) {
                    days.save(known);
                }
            }
            believed = true;
            for (ListedPart part : List.copyOf(unjudged)) {
                if (known.isKnownOf(part.isBounces()) || part.records().isEmpty()) {
                    Missing missing = repair.missing(part, known.offset());
                    refusal = repair.contradiction(missing).orElse(null);
                    if (refusal != null) {
                        return;
                    }
                    if (!dryRun) {
                        repair.repair(day, missing);
                        days.save(day, part.counts());
                    }
                    repaired = repaired.plus(missing.counts());
                    parts.add(part.counts());
                    unjudged.remove(part);
                }
            }
        }

        /**
         * Keeps the result of the look.
         *
         * @param ended why the run ended before everything was looked at, or null
         */
        Day save(String ended) {
            Day result = result(ended);
            if (!dryRun) {
                if (result.complete() && known.isKnown() && !known.daysAgree() && vendor.total() >= Offsets.ENOUGH) {
                    days.save(known.agreeing());
                }
                days.save(result);
            }
            return result;
        }

        private Day result(String ended) {
            if (vendor == null) {
                return days.day(day).map(before -> before.remarked(ended)).orElseGet(() -> new Day(day, own.deliveries().total()
                        + own.bounces(), null, 0, 0, clock.instant(), false, ended));
            }
            DayCount deliveries = own.deliveries().plus(repaired.deliveries());
            long bounces = own.bounces() + repaired.bounces();
            String remark = ended != null ? parts.notListed(ended) : refusal != null ? refusal : differences();
            long missing = missing(deliveries.queued(), vendor.queued()) + missing(deliveries.succeeded(), vendor.succeeded())
                    + missing(deliveries.failed(), vendor.failed()) + missing(bounces, listedBounces());
            return new Day(day, deliveries.total() + bounces, vendor.total() + listedBounces(),
                    dryRun ? repaired.all() : days.repaired(day), missing, clock.instant(), remark == null, remark);
        }

        private long listedBounces() {
            return parts.bounces().orElseGet(() -> unjudged.stream().filter(ListedPart::isBounces)
                    .mapToLong(part -> part.records().size()).sum());
        }

        private static long missing(long here, long expected) {
            return Math.max(0, expected - here);
        }

        /** What the vendor counts and lists otherwise than is stored now; null if there is no difference. */
        private String differences() {
            DayCount deliveries = own.deliveries().plus(repaired.deliveries());
            long bounces = own.bounces() + repaired.bounces();
            if (!deliveries.equals(vendor)) {
                boolean allStored = parts.hasAllDeliveries() && parts.deliveries().equals(deliveries);
                return "The vendor's statistics count " + vendor + ", and " + deliveries + " are stored." + (allStored ? " Everything that"
                        + " the vendor lists is stored, so its statistics count this day otherwise than its lists." : "");
            }
            return bounces >= listedBounces() ? null
                    : "The vendor lists " + listedBounces() + " bounces, and " + bounces + " are stored.";
        }
    }

    /** How many events were repaired. */
    record RepairedCounts(DayCount deliveries, long bounces, long others) {

        static final RepairedCounts NONE = new RepairedCounts(DayCount.NONE, 0, 0);

        RepairedCounts plus(RepairedCounts other) {
            return new RepairedCounts(deliveries.plus(other.deliveries), bounces + other.bounces, others + other.others);
        }

        long all() {
            return deliveries.total() + bounces + others;
        }
    }
}
