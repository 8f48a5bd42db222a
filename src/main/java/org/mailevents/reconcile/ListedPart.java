package org.mailevents.reconcile;

import java.util.List;
import org.mailevents.reconcile.ReconciledDays.Part;
import org.mailevents.reconcile.VendorList.Mark;

/**
 * A part of a day as the vendor lists it, or some pages of it.
 *
 * @param name    {@code bounces}, {@code day}, or an hour from {@code 00} to {@code 23}
 * @param records those that can be stored
 * @param next    where the listing goes on; null after the last page
 */
record ListedPart(String name, List<ListedRecord> records, Mark next) {

    boolean isBounces() {
        return name.equals(DayParts.BOUNCES);
    }

    Part counts() {
        return isBounces() ? Part.of(name, 0, 0, 0, records.size(), next)
                : Part.of(name, with("queued"), with("succeeded"), with("failed"), 0, next);
    }

    private long with(String status) {
        return records.stream().filter(record -> status.equals(record.event().status())).count();
    }
}
