package org.mailevents.event;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The fields of a webhook that all its events share.
 *
 * @param eventType         {@code deliveries}, {@code bounces} or a different type, as sent
 * @param serverComposition the vendor's name for the customer's servers, or null
 * @param unknown           the other fields beside the array, which are stored with each event
 */
public record WebhookFields(String eventType, String serverComposition, ObjectNode unknown) {
}
