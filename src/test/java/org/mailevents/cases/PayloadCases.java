package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** Every payload file causes exactly its rows and its mails. Posted again, it causes nothing. */
public interface PayloadCases extends Cases {

    @Test
    default void everyPayloadGivesItsRowsOnceAndItsMailOnce() {
        // Given
        Map<String, List<String>> expected = Map.ofEntries(
                Map.entry("deliveries-queued.json", List.of("deliveries queued null hanako@example.jp null")),
                Map.entry("deliveries-succeeded.json", List.of("deliveries succeeded null hanako@example.jp null")),
                Map.entry("deliveries-deferred.json", List.of("deliveries deferred null taro@example.net null")),
                Map.entry("deliveries-failed.json", List.of("deliveries failed null nobody@example.net null")),
                Map.entry("deliveries-mixed.json", List.of("deliveries queued null mixed@example.jp null",
                        "deliveries succeeded null mixed@example.jp null", "deliveries deferred null later@example.net null",
                        "deliveries failed null o'brien@example.org null")),
                Map.entry("deliveries-queued.form", List.of("deliveries queued null form@example.jp null")),
                Map.entry("deliveries-version1.form", List.of("deliveries queued null old@example.jp null")),
                Map.entry("bounces-unknown-user.json", List.of("bounces 2 permanent, address nobody@example.net list-owner")),
                Map.entry("bounces-unknown-user.form", List.of("bounces 2 permanent, address gone@example.net list-owner")),
                Map.entry("bounces-unknown-host.json", List.of("bounces 1 permanent, address user@nowhere.invalid list-owner")),
                Map.entry("bounces-every-code.json", StatusCases.codes().filter(code -> !code.get()[0].equals(StatusCases.ENDLESS_CODE))
                .map(code -> "bounces " + code.get()[0] + " " + code.get()[1] + " code"
                        + code.get()[0] + "@example.net " + code.get()[2]).toList()),
                Map.entry("blocks.json", List.of("blocks 2 null null null")));
        String all = "SELECT event_type, status, kind, recipient, audience FROM mail_event WHERE message_id LIKE '%@mta01.example.com>'"
                + " AND recipient NOT LIKE '%-%' OR extra LIKE '%blocked@example.net%'";
        List<String> rows = expected.values().stream().flatMap(List::stream).toList();

        // When
        Payload.files().forEach(payload -> {
            int elements = expected.get(payload.name()).size();
            assertReceipt(application().post(payload), elements, elements, 0, 0);
        });

        // Then
        assertThat(database().rows(all)).extracting(row -> String.join(" ", row.values().stream().map(String::valueOf).toList()))
                .containsExactlyInAnyOrderElementsOf(rows);
        await().untilAsserted(() -> assertThat(
                database().rows("SELECT 1 FROM mail_event WHERE recipient LIKE 'code%' AND alert_state <> 'sent'")).isEmpty());
        String ids = all.replace("event_type, status, kind, recipient, audience", "event_id, received_at") + " ORDER BY event_id";
        List<Map<String, String>> before = database().rows(ids);
        Payload.files().forEach(payload -> {
            int elements = expected.get(payload.name()).size();
            assertReceipt(application().post(payload), elements, 0, elements, 0);
        });
        assertThat(database().rows(ids)).isEqualTo(before);
        String later = bounced("2"); // This mail arrives after any mail that the repetition could cause.
        await().until(() -> !mailbox().naming(later).isEmpty());
        assertThat(List.of("code1@", "code42@", "gone@", "user@nowhere", "nobody@")).allSatisfy(address ->
                assertThat(mailbox().naming(" " + address)).hasSize(1));
    }

    @Test
    default void everyColumnHoldsWhatWasSent() {
        // Given
        ObjectNode delivery = Payload.delivery("failed").put("apiData", "ORDER-1").put("campaign", "autumn").put("sourceIp", "192.0.2.10");

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, Payload.json("deliveries", delivery));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        Map<String, String> row = database().row("SELECT * FROM mail_event WHERE recipient = ?", delivery.get("to").asText());
        assertThat(row).containsEntry("event_type", "deliveries").containsEntry("status", "failed").containsEntry("kind", null)
                .containsEntry("audience", null).containsEntry("message_id", delivery.get("messageId").asText())
                .containsEntry("sender", "news@shop.example.com").containsEntry("return_path", "news@return.pro.smtps.jp")
                .containsEntry("subject", "【テスト】秋のお知らせ").containsEntry("api_data", "ORDER-1")
                .containsEntry("reason", delivery.get("reason").asText()).containsEntry("enhanced_code", "5.1.1")
                .containsEntry("source_ip", "192.0.2.10").containsEntry("sender_ip", "198.51.100.7")
                .containsEntry("server_composition", "pro").containsEntry("created_text", "2026-10-01 09:00:06")
                .containsEntry("extra", "{\"campaign\":\"autumn\"}").containsEntry("alert_state", null);
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE recipient = ? AND occurred_at = TIMESTAMP WITH TIME ZONE"
                + " '2026-10-01 00:00:06+00'", delivery.get("to").asText())).hasSize(1);
    }
}
