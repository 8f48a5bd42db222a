package org.mailevents.reconcile;

import java.time.Clock;
import java.time.LocalDate;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.reconcile.VendorApi.DayCount;
import org.mailevents.reconcile.VendorList.Pages;

/** One look at one day: lists what is needed to explain the difference to the vendor's figures, and says the result. */
final class DayLook {

    private final LocalDate day;
    private final DayCount vendor;
    private final DayParts parts;
    private final DayRepair dayRepair;
    private final VendorList list;
    private final Repair repair;

    /** @param parts what is listed and judged of the day */
    DayLook(LocalDate day, DayCount vendor, DayParts parts, DayRepair dayRepair, VendorList list, Repair repair) {
        this.day = day;
        this.vendor = vendor;
        this.parts = parts;
        this.dayRepair = dayRepair;
        this.list = list;
        this.repair = repair;
    }

    /**
     * Lists what is needed.
     *
     * @param suspicious whether webhooks can have been lost in an hour of the day
     * @param olderWait  whether an older day may need this day to confirm the offset
     * @return why the run ends here; null if it goes on
     */
    String list(IntPredicate suspicious, boolean olderWait) throws InterruptedException {
        try {
            take(DayParts.BOUNCES);
            for (String part : parts.deliveries(list.calls(vendor.total()), suspicious)) {
                if (dayRepair.refusal() == null && isNeeded(olderWait)) {
                    take(part);
                }
            }
        } catch (VendorProblem e) {
            return e.getMessage();
        }
        if (dayRepair.refusal() == null && dayRepair.unjudgedReason() != null && figures().difference(parts) != null) {
            dayRepair.refuse(dayRepair.unjudgedReason());
        }
        return null;
    }

    private boolean isNeeded(boolean olderWait) {
        if (!dayRepair.isBelieved() && dayRepair.isHopeless()) {
            return false;
        }
        if (dayRepair.own().deliveries().equals(vendor)) {
            return !dayRepair.isBelieved() && (!dayRepair.known().isKnown() || olderWait);
        }
        // a difference is explained only if the statistics count the same days as the lists
        boolean explained = dayRepair.known().daysAgree() && figures().deliveries().equals(vendor);
        return vendor.total() > 0 && !explained;
    }

    private void take(String part) throws VendorProblem, InterruptedException {
        if (parts.isListed(part)) {
            return;
        }
        String resource = DayParts.resource(part);
        Pages pages = list.read(resource, day, DayParts.hour(part), parts.next(part));
        ListedPart listed = new ListedPart(part, repair.read(resource, pages.records()), pages.next());
        Optional<String> refusal = formRefusal(listed, pages);
        if (refusal.isPresent()) {
            dayRepair.refuse(refusal.get());
        } else {
            dayRepair.take(listed);
        }
        if (pages.ended() != null) {
            throw pages.ended();
        }
    }

    /** Why the list is not what it is taken for. */
    private Optional<String> formRefusal(ListedPart listed, Pages pages) {
        if (listed.records().isEmpty() && !pages.records().isEmpty()) {
            return Optional.of("No record of the vendor's list of " + DayParts.resource(listed.name()) + " can be read, so its form is not"
                    + " that of the webhooks.");
        }
        return listed.records().stream().filter(record -> !DayParts.contains(listed.name(), day, record.created())).findFirst()
                .map(elsewhere -> "The vendor's list for " + day + (DayParts.hour(listed.name()) == null ? "" : ", hour " + listed.name())
                        + " has a record of " + elsewhere.event().createdText() + ", so its days are not those of its times.");
    }

    private DayFigures figures() {
        return new DayFigures(vendor, dayRepair.own().deliveries().plus(dayRepair.repaired().deliveries()),
                dayRepair.own().bounces() + dayRepair.repaired().bounces(), parts.bounces() + dayRepair.unjudgedBounces());
    }

    /** Whether the vendor's statistics are proved to count its days as its lists do. */
    boolean provesDays(Day result) {
        Calibration known = dayRepair.known();
        return result.complete() && known.isKnown() && !known.daysAgree() && vendor.total() >= Offsets.ENOUGH;
    }

    /**
     * The result of the look.
     *
     * @param ended    why the run ended before everything was looked at, or null
     * @param repaired how many events of the day were repaired in all runs
     */
    Day result(String ended, long repaired, Clock clock) {
        DayFigures figures = figures();
        String remark = ended != null ? parts.notListed(ended) : dayRepair.refusal() != null ? dayRepair.refusal()
                : figures.difference(parts);
        return new Day(day, figures.stored(), figures.ofVendor(), repaired, figures.missing(), clock.instant(), remark == null, remark);
    }
}
