package org.mailevents.reconcile;

import java.util.List;
import org.mailevents.reconcile.ReconciledDays.Part;

/**
 * A part of a day as the vendor lists it.
 *
 * @param name    {@code bounces}, {@code day}, or an hour from {@code 00} to {@code 23}
 * @param records those that can be stored
 */
record ListedPart(String name, List<ListedRecord> records) {

    boolean isBounces() {
        return name.equals(DayParts.BOUNCES);
    }

    Part counts() {
        return isBounces() ? new Part(name, 0, 0, 0, records.size())
                : new Part(name, with("queued"), with("succeeded"), with("failed"), 0);
    }

    private long with(String status) {
        return records.stream().filter(record -> status.equals(record.event().status())).count();
    }
}
