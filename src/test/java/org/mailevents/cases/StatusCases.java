package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.Payload;

/**
 * Five of the six cases of every status and bounce code: once, twice, in a mixed batch, with a missing field, with hostile text. The sixth
 * case, with the next system down, is in SpoolTest and MailServerDownTest.
 */
public interface StatusCases extends Cases {

    static Stream<String> statuses() {
        return Stream.of("queued", "succeeded", "deferred", "failed", "a status added later");
    }

    /** A code that is larger than every number type. */
    String ENDLESS_CODE = "12345678901234567890";

    static Stream<Arguments> codes() {
        return Stream.of(Arguments.of("1", "permanent, address", "list-owner"), Arguments.of("2", "permanent, address", "list-owner"),
                Arguments.of("3", "temporary", "postmaster"), Arguments.of("4", "policy", "postmaster"),
                Arguments.of("5", "temporary", "postmaster"), Arguments.of("6", "not the address", "postmaster"),
                Arguments.of("7", "policy", "postmaster"), Arguments.of("8", "the message", "postmaster"),
                Arguments.of("9", "permanent, address", "list-owner"), Arguments.of("10", "suppressed", "list-owner"),
                Arguments.of("11", "suppressed", "list-owner"), Arguments.of("99", "permanent, other", "postmaster"),
                Arguments.of("42", "unknown", "postmaster"), Arguments.of(ENDLESS_CODE, "unknown", "postmaster"));
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#statuses")
    default void aDeliveryIsStoredOnceInAnyPieces(String status) {
        ObjectNode delivery = Payload.delivery(status);
        storesOnceInAnyPieces("deliveries", delivery, Payload.delivery("queued"));
        assertThat(stored(delivery)).containsEntry("status", status).containsEntry("audience", null)
                .containsEntry("kind", status.contains(" ") ? "unknown" : null);
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#codes")
    default void aBounceIsStoredAndMailedOnceInAnyPieces(String code, String kind, String audience) {
        ObjectNode bounce = Payload.bounce(code);
        storesOnceInAnyPieces("bounces", bounce, Payload.bounce("2"));
        assertThat(stored(bounce)).containsEntry("status", code).containsEntry("kind", kind).containsEntry("audience", audience);
        String recipient = bounce.get("to").asText();
        await().untilAsserted(() -> assertThat(stored(bounce)).containsEntry("alert_state", "sent"));
        assertThat(mailbox().naming(recipient)).hasSize(1);
    }

    private void storesOnceInAnyPieces(String eventType, ObjectNode element, ObjectNode neighbour) {
        // When
        List<HttpResponse<String>> answers = List.of(
                application().post(MailEvents.JSON, Payload.json(eventType, element)),
                application().post(MailEvents.FORM, Payload.form(eventType, element)),
                application().post(MailEvents.JSON, Payload.json(eventType, element, neighbour, element)));

        // Then
        assertReceipt(answers.get(0), 1, 1, 0, 0);
        assertReceipt(answers.get(1), 1, 0, 1, 0);
        assertReceipt(answers.get(2), 3, 1, 2, 0);
        stored(neighbour);
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#statuses")
    default void aDeliveryWithoutAnAddressIsSetAsideAlone(String status) {
        setsAsideAlone("deliveries", Payload.delivery(status), Payload.delivery(status));
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#codes")
    default void aBounceWithoutAnAddressIsSetAsideAlone(String code) {
        setsAsideAlone("bounces", Payload.bounce(code), Payload.bounce(code));
    }

    private void setsAsideAlone(String eventType, ObjectNode bad, ObjectNode good) {
        // Given
        bad.remove("to");

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, Payload.json(eventType, bad, good));

        // Then
        assertReceipt(answer, 2, 1, 0, 1);
        stored(good);
        assertThat(database().row("SELECT reason FROM rejected_event WHERE payload LIKE ?", "%" + bad.get("messageId").asText() + "%"))
                .containsEntry("reason", "to is missing");
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#statuses")
    default void hostileTextInADeliveryIsOnlyText(String status) {
        hostileTextIsOnlyText("deliveries", Payload.delivery(status));
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.StatusCases#codes")
    default void hostileTextInABounceIsOnlyText(String code) {
        ObjectNode bounce = Payload.bounce(code);
        hostileTextIsOnlyText("bounces", bounce);
        await().until(() -> !mailbox().naming(bounce.get("to").asText()).isEmpty());
        Mail mail = mailbox().naming(bounce.get("to").asText()).get(0);
        assertThat(mail.html()).doesNotContain("<script>").contains("&lt;script&gt;");
        assertThat(mail.to()).containsExactly("postmaster@localhost");
        assertThat(mail.header("Bcc")).isNull();
        assertThat(mail.text()).doesNotContain("\nBcc:").doesNotContain("\rBcc:");
    }

    private void hostileTextIsOnlyText(String eventType, ObjectNode element) {
        // Given
        String to = "o'brien-" + element.get("to").asText();
        String subject = "'; DROP TABLE mail_event; --\r\nBcc: victim@example.com\r\n\r\n<b>${7*7}</b> #{1} :?status ?";
        element.put("to", to).put("subject", subject).put("reason", "<script>alert(1)</script> \\ \" 550 5.1.1");

        // When
        HttpResponse<String> answer = application().post(MailEvents.FORM, Payload.form(eventType, element));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(stored(element)).containsEntry("subject", subject).containsEntry("reason", element.get("reason").asText())
                .containsEntry("enhanced_code", "5.1.1");
    }
}
