package org.mailevents.reconcile;

import org.mailevents.reconcile.VendorApi.DayCount;

/**
 * What the vendor has of a day, beside what is stored or in the spool.
 *
 * @param vendor        what the vendor's statistics count
 * @param deliveries    the deliveries that are stored
 * @param bounces       the bounces that are stored
 * @param listedBounces the bounces that the vendor has listed, because its statistics do not count them
 */
record DayFigures(DayCount vendor, DayCount deliveries, long bounces, long listedBounces) {

    long stored() {
        return deliveries.total() + bounces;
    }

    long ofVendor() {
        return vendor.total() + listedBounces;
    }

    /** How many events the vendor has that are not stored. */
    long missing() {
        return missing(deliveries.queued(), vendor.queued()) + missing(deliveries.succeeded(), vendor.succeeded())
                + missing(deliveries.failed(), vendor.failed()) + missing(bounces, listedBounces);
    }

    private static long missing(long here, long expected) {
        return Math.max(0, expected - here);
    }

    /**
     * What the vendor has otherwise than is stored; null if there is no difference.
     *
     * @param listed the parts that the vendor has listed
     */
    String difference(DayParts listed) {
        if (!deliveries.equals(vendor)) {
            boolean allStored = listed.hasAllDeliveries() && listed.deliveries().equals(deliveries);
            return "The vendor's statistics count " + vendor + ", and " + deliveries + " are stored." + (allStored ? " Everything that"
                    + " the vendor lists is stored, so its statistics count this day otherwise than its lists." : "");
        }
        return bounces >= listedBounces ? null : "The vendor lists " + listedBounces + " bounces, and " + bounces + " are stored.";
    }
}
