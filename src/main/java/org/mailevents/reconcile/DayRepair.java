package org.mailevents.reconcile;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mailevents.reconcile.Repair.Missing;
import org.mailevents.reconcile.StoredRecords.Counts;

/** Takes what the vendor lists of one day, and repairs it once the offset of the day is believed. */
final class DayRepair {

    private final LocalDate day;
    private final boolean dryRun;
    private final Offsets offsets;
    private final DayParts parts;
    private final StoredRecords stored;
    private final ReconciledDays days;
    private final Repair repair;
    private final List<ListedPart> unjudged = new ArrayList<>();
    private Calibration known;
    private Counts own;
    private RepairedCounts repaired = RepairedCounts.NONE;
    private boolean believed;
    private String refusal;

    /**
     * @param offsets those of the day, still empty
     * @param parts   what is listed and judged of the day
     * @param known   what is known of the vendor before this day
     * @param dryRun  whether nothing is repaired and nothing is kept
     */
    DayRepair(LocalDate day, Offsets offsets, DayParts parts, Calibration known, boolean dryRun, StoredRecords stored,
            ReconciledDays days, Repair repair) {
        this.day = day;
        this.offsets = offsets;
        this.parts = parts;
        this.known = known;
        this.dryRun = dryRun;
        this.stored = stored;
        this.days = days;
        this.repair = repair;
        this.own = stored.count(day, known.assumed());
    }

    /** What is known of the vendor after the parts that were taken. */
    Calibration known() {
        return known;
    }

    /** Whether the offset of this day is believed. */
    boolean isBelieved() {
        return believed;
    }

    /** Whether listing more of this day cannot make its offset known. */
    boolean isHopeless() {
        return own.deliveries().total() == 0 || offsets.isHopeless();
    }

    /** What was stored before anything was repaired. */
    Counts own() {
        return own;
    }

    RepairedCounts repaired() {
        return repaired;
    }

    /** Why nothing more of this day is repaired; null if nothing contradicts. */
    String refusal() {
        return refusal;
    }

    void refuse(String reason) {
        refusal = reason;
    }

    /** How many bounces were listed and could not be judged. */
    long unjudgedBounces() {
        return unjudged.stream().filter(ListedPart::isBounces).mapToLong(part -> part.records().size()).sum();
    }

    /** Why the parts that were taken cannot be repaired as long as nothing else is known; null if all were judged. */
    String unjudgedReason() {
        if (unjudged.isEmpty()) {
            return null;
        }
        return !believed ? offsets.unknown() : unjudged.get(0).isBounces() ? "The " + unjudged.get(0).records().size()
                + " bounces of the vendor's list cannot be repaired, because no stored bounce confirms their times."
                : "The deliveries of the vendor's list cannot be repaired, because no stored delivery confirms their times.";
    }

    void take(ListedPart listed) {
        String resource = DayParts.resource(listed.name());
        offsets.add(resource, listed.records(), stored.of(resource, listed.records()));
        unjudged.add(listed);
        refusal = offsets.contradiction().orElse(null);
        Optional<Calibration> concluded = offsets.conclude(known);
        if (refusal == null && concluded.isPresent()) {
            believe(concluded.get());
            repairWhatIsConfirmed();
        }
    }

    private void believe(Calibration concluded) {
        if (!concluded.assumed().equals(known.assumed())) {
            own = stored.count(day, concluded.assumed());
        }
        if (!dryRun && !concluded.equals(known)) {
            days.save(concluded);
        }
        known = concluded;
        believed = true;
    }

    private void repairWhatIsConfirmed() {
        for (ListedPart part : List.copyOf(unjudged)) {
            if (known.isKnownOf(part.isBounces()) || part.records().isEmpty()) {
                Missing missing = repair.missing(part, known.offset());
                refusal = repair.contradiction(missing).orElse(null);
                if (refusal != null) {
                    return;
                }
                parts.add(part.counts());
                if (!dryRun) {
                    repair.repair(day, missing);
                    days.save(day, parts.part(part.name()));
                }
                repaired = repaired.plus(missing.counts());
                unjudged.remove(part);
            }
        }
    }
}
