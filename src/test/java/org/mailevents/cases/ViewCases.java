package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** The content of the views does not depend on the order in which the events arrive. */
public interface ViewCases extends Cases {

    @Test
    default void aMessageHasItsStrongestStatusWhateverTheOrderOfArrival() {
        // Given
        List<List<String>> orders = List.of(List.of("queued", "deferred", "succeeded"), List.of("succeeded", "deferred", "queued"),
                List.of("failed", "queued"), List.of("queued", "failed"), List.of("a status added later", "queued"));
        List<String> strongest = List.of("succeeded", "succeeded", "failed", "failed", "queued");

        for (int i = 0; i < orders.size(); i++) {
            ObjectNode message = Payload.delivery("queued");

            // When
            for (String status : orders.get(i)) {
                application().post(MailEvents.JSON, Payload.json("deliveries", message.deepCopy().put("status", status)));
            }

            // Then
            assertThat(status(message)).containsEntry("status", strongest.get(i)).containsEntry("event_type", "deliveries");
        }
    }

    @Test
    default void aBounceIsStrongerThanAnyDelivery() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        ObjectNode delivery = Payload.delivery("succeeded").put("to", bounce.get("to").asText())
                .put("messageId", bounce.get("messageId").asText()).put("created", "2026-10-02 00:00:00");
        application().post(MailEvents.JSON, Payload.json("bounces", bounce));

        // When
        application().post(MailEvents.JSON, Payload.json("deliveries", delivery));

        // Then
        assertThat(status(bounce)).containsEntry("status", "bounced").containsEntry("event_type", "bounces");
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#codes")
    default void anAddressIsUndeliverableFromItsBounceUntilItTakesMail(String code, String kind) {
        // Given
        boolean listed = List.of("1", "2", "9", "10", "11").contains(code);
        ObjectNode first = Payload.bounce(code).put("created", "2026-10-01 09:00:00").put("reason", "");
        String recipient = first.get("to").asText();
        ObjectNode second = Payload.bounce(code).put("to", recipient).put("created", "2026-10-03 09:00:00").put("reason", "");
        ObjectNode before = Payload.delivery("succeeded").put("to", recipient).put("created", "2026-10-02 09:00:00");
        ObjectNode after = Payload.delivery("succeeded").put("to", recipient).put("created", "2026-10-04 09:00:00");
        String view = "SELECT * FROM undeliverable_recipient WHERE recipient = ?";

        // When
        application().post(MailEvents.JSON, Payload.json("deliveries", before));
        application().post(MailEvents.JSON, Payload.json("bounces", second, first));

        // Then
        assertThat(database().rows(view, recipient)).hasSize(listed ? 1 : 0).allSatisfy(row ->
                assertThat(row).containsEntry("status", code).containsEntry("kind", kind).containsEntry("bounces", "2")
                        .containsEntry("reason", first.get("reason").asText()));
        assertThat(database().rows(view + " AND first_bounced_at = TIMESTAMP WITH TIME ZONE '2026-10-01 00:00:00+00'"
                + " AND last_bounced_at = TIMESTAMP WITH TIME ZONE '2026-10-03 00:00:00+00'", recipient)).hasSize(listed ? 1 : 0);
        application().post(MailEvents.JSON, Payload.json("deliveries", after));
        assertThat(database().rows(view, recipient)).isEmpty();
    }
}
