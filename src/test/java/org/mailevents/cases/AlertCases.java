package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.Payload;

/** The mail explains the bounce, and goes only to configured recipients. */
public interface AlertCases extends Cases {

    @Test
    default void aMailExplainsEachBounceInBothParts() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        String recipient = bounce.get("to").asText();

        // When
        application().post(MailEvents.JSON, Payload.json("bounces", bounce));

        // Then
        await().until(() -> !mailbox().naming(recipient).isEmpty());
        Mail mail = mailbox().naming(recipient).get(0);
        assertThat(mail.subject()).matches("(Re: )?[a-z.-]+.*：.* \\d+件（\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d～?）");
        assertThat(mail.text()).contains(recipient, "2026-10-01 09:00:07", "【テスト】秋のお知らせ", "ユーザ不明",
                "<https://mail.example.net/help?p=NoSuchUser>");
        assertThat(mail.html()).contains(recipient, "2026-10-01 09:00:07", "【テスト】秋のお知らせ", "ユーザ不明",
                "&lt;https://mail.example.net/help?p=NoSuchUser&gt;");
        assertThat(mail.to()).containsExactly("postmaster@localhost");
        assertThat(mail.header("From")).isEqualTo("mail-events@localhost");
        assertThat(mail.header("Auto-Submitted")).isEqualTo("auto-generated");
    }
}
