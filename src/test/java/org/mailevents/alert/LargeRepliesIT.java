package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * Bounces whose texts together are larger than the memory that the unit and the image give the process. Only earlier versions stored such
 * long replies.
 */
@Order(2)
@Execution(ExecutionMode.CONCURRENT)
class LargeRepliesIT {

    private static final String INSERT =
            "INSERT INTO mail_event (event_id, event_type, status, cause, kind, audience, message_id, recipient, sender, reason,"
            + " received_at, alert_state)"
            + " SELECT RANDOM_UUID(), 'bounces', '4', 'policy', 'policy', 'postmaster', '<1@mta01.example.com>', REPLACE(?, '#', x),"
            + " 'news@shop.example.com', REPEAT('550 5.7.1 Refused by policy. ', 34000), CURRENT_TIMESTAMP, 'pending'"
            + " FROM SYSTEM_RANGE(1, ?)";

    private final TestDatabase database = TestDatabase.h2();
    private final Mailbox mailbox = Mailbox.folder();

    /**
     * A destination that refuses everything is urgent, so the second mail follows soon. The test does not wait for all rows, because H2
     * takes half a second to change such a row.
     */
    @Test
    void bouncesAreMailedHoweverLongTheRepliesAre() {
        // Given
        TestSettings settings = TestSettings.of(database, mailbox).with("alert.to", "ops@example.com", "alert.max-per-day", "100");
        settings.startInProcess().close();
        database.execute(INSERT, "ops@example.com", 6);
        database.execute(INSERT, "customer#@example.net", 80);

        // When
        try (OwnProcess application = settings.with("java.tool.options", "-Xmx112m -XX:+ExitOnOutOfMemoryError").startJar()) {

            // Then
            await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").size() >= 8);
            assertThat(database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'own'")).hasSize(6);
            List<String> told = database.rows("SELECT recipient FROM mail_event WHERE alert_state = 'sent'").stream()
                    .map(row -> row.get("recipient")).toList();
            assertThat(mailbox.mails().stream().flatMap(mail -> mail.addresses().stream())).containsAll(told);
            assertThat(application.log()).doesNotContain("Terminating due to", "is delayed");
            application.kill();
        }
    }
}
