package org.mailevents.reconcile;

import org.mailevents.reconcile.VendorApi.DayCount;

/** How many events of a day were repaired. */
record RepairedCounts(DayCount deliveries, long bounces, long others) {

    static final RepairedCounts NONE = new RepairedCounts(DayCount.NONE, 0, 0);

    RepairedCounts plus(RepairedCounts other) {
        return new RepairedCounts(deliveries.plus(other.deliveries), bounces + other.bounces, others + other.others);
    }

    long all() {
        return deliveries.total() + bounces + others;
    }
}
