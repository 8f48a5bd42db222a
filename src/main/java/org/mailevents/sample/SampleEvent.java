package org.mailevents.sample;

import java.time.ZonedDateTime;
import java.util.Map;

/**
 * An event as Customers Mail Cloud reports it.
 *
 * @param eventType {@code deliveries}, {@code bounces} or {@code blocks}
 * @param at        when it happened, in the time zone of the vendor's field {@code created}
 * @param element   the element of the webhook's array
 */
record SampleEvent(String eventType, ZonedDateTime at, Map<String, String> element) {

    /** The value of {@code status}. */
    String status() {
        return element.get("status");
    }
}
