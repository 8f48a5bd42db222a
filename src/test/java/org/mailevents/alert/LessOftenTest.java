package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.AnsweredAlerts.BOTH;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;

/** A recipient wants a digest instead of the mails about incidents. */
@Execution(ExecutionMode.CONCURRENT)
class LessOftenTest {

    @AutoClose
    private AnsweredAlerts run;

    @Test
    void whoeverWantsItLessOftenGetsNoMailsOfIncidents() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();

        // When
        HttpResponse<String> done = run.answer(run.token(Act.LESS_OFTEN, ONE), "frequency=weekly");

        // Then
        assertThat(done.body()).contains("You get a digest", "every Monday at 09:00");
        assertThat(run.database().rows("SELECT what, recipient, audience, frequency, undone_at FROM alert_answer")).singleElement()
                .hasToString("{what=less-often, recipient=one@example.com, audience=list-owner, frequency=weekly, undone_at=null}");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(6));
        run.mailed(2);
        assertThat(run.undo(done).body()).contains("Undone.");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(16));
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), BOTH);
    }

    @Test
    void whoeverGotAnUrgentMailHearsWhoHasTheIncidentAndItsEnd() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        run.answer(run.token(Act.LESS_OFTEN, ONE), "frequency=daily");
        run.database().execute("UPDATE alert_mail SET about = ?",
                UrgencyText.of(new Alert.Urgency("alert.rate", "5 %", null, 10, 100)));

        // When
        run.answer(run.token(Act.ACKNOWLEDGE, TWO));
        run.mailed(2);
        run.pass(Duration.ofMinutes(46));

        // Then
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(ONE), BOTH);
    }

    @Test
    void whoeverGetsADigestCanUndoItThere() {
        // Given
        run = new AnsweredAlerts(Map.of());
        UUID mail = UUID.randomUUID();
        UUID delivery = UUID.randomUUID();
        OffsetDateTime now = run.now().atOffset(ZoneOffset.UTC);
        run.database().execute("INSERT INTO alert_mail (mail_id, audience, what, message_id, made_at, sent_at)"
                + " VALUES (?, 'list-owner', 'digest', '<1@example.com>', ?, ?)", mail, now, now);
        run.database().execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, sent_at)"
                + " VALUES (?, ?, 'mail', ?, ?)", delivery, mail, ONE, now);

        // When
        HttpResponse<String> done = run.answer(run.token(Act.LESS_OFTEN, delivery), "frequency=weekly");

        // Then
        assertThat(done.body()).contains("You get a digest", "list-owner");
        assertThat(run.page(run.token(Act.ACKNOWLEDGE, delivery)).statusCode()).as("there is no incident").isEqualTo(404);
        assertThat(run.undo(run.page(run.token(Act.LESS_OFTEN, delivery))).body()).contains("Undone.");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer WHERE undone_at IS NULL")).isEmpty();
    }

    @Test
    void aMailProgramUnsubscribesWithOneClick() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        Rfc5322 mail = run.mails().get(0);
        String clicking = run.database().rows("SELECT recipient FROM alert_delivery ORDER BY sent_at, delivery_id").get(0).get("recipient");
        assertThat(mail.header("List-Unsubscribe-Post")).isEqualTo("List-Unsubscribe=One-Click");
        String path = mail.header("List-Unsubscribe").replaceAll("^<https://mail-events.example.com|>$", "");
        URI uri = run.application().uri(path);

        // When
        String part = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\nContent-Type: text/plain\r\n\r\n"
                + "One-Click\r\n--b--\r\n";
        for (String[] request : new String[][] {{MailEvents.FORM, "List-Unsubscribe=One-Click"},
            {"multipart/form-data; boundary=b", part}}) {
            HttpResponse<String> answer = run.application().send(HttpRequest.newBuilder(uri).header("Content-Type", request[0])
                    .POST(BodyPublishers.ofString(request[1])));
            assertThat(answer.statusCode()).isEqualTo(200);
            // Then
            assertThat(run.database().rows("SELECT recipient, frequency FROM alert_answer WHERE undone_at IS NULL")).singleElement()
                    .hasToString("{recipient=" + clicking + ", frequency=daily}");
            assertThat(run.undo(run.page(path.replaceAll(".*token=", ""))).body()).contains("Undone.");
        }

        // A link of another kind cannot unsubscribe.
        URI other = run.application().uri("/answer?token=" + run.token(Act.ACKNOWLEDGE, ONE));
        assertThat(run.application().send(HttpRequest.newBuilder(other).header("Content-Type", MailEvents.FORM)
                .POST(BodyPublishers.ofString("List-Unsubscribe=One-Click"))).statusCode()).isEqualTo(404);
    }
}
