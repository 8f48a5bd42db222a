package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.AnsweredAlerts.BOTH;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.answerForm;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;

/** A recipient mutes a cause at a destination. Only the mails of this recipient change. */
@Execution(ExecutionMode.CONCURRENT)
class MuteTest {

    @AutoClose
    private AnsweredAlerts run;

    @Test
    void whatIsMutedIsMailedOnlyToTheOthers() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        HttpResponse<String> page = run.page(run.token(Act.MUTE, ONE));
        assertThat(page.body()).contains("example.net: ", "For a day", "For a week", "Until this incident is over");

        // When
        HttpResponse<String> done = run.send(answerForm(page, "pair=unknown-user%40example.net", "period=day"));

        // Then
        assertThat(done.body()).contains("Done.", "You have muted bounces", "example.net", "muted until");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(6));
        run.mailed(2);
        run.post("bounces", Payload.bounce("2"), Payload.bounce("2").put("to", UUID.randomUUID() + "@elsewhere.example"));
        run.pass(Duration.ofMinutes(16));
        run.mailed(3);

        // And undone
        assertThat(run.undo(done).body()).contains("Undone.");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(31));
        run.mailed(4);
        assertThat(run.recipients()).as("muted, muted with others, undone").containsExactly(BOTH, List.of(TWO), BOTH, BOTH);
        String mute = "“Mute” (example.net, unknown user, until ";
        assertThat(run.mails()).extracting(Rfc5322::text).satisfiesExactly(first -> assertThat(first).doesNotContain("Answers since"),
                toTheOther -> assertThat(toTheOther).contains("Answers since the last mail", ONE + ": " + mute),
                withOthers -> assertThat(withOthers).doesNotContain("Answers since"),
                afterTheUndo -> assertThat(afterTheUndo).contains(ONE + ": no longer " + mute));
    }

    @Test
    void aMuteEndsAndCanBeRepeated() {
        // Given
        run = new AnsweredAlerts(Map.of("alert.quiet", "10d"));
        run.firstMail();
        String[] choices = {"pair=unknown-user%40example.net", "period=day"};
        String form = answerForm(run.page(run.token(Act.MUTE, ONE)), choices);
        assertThat(run.send(form).body()).contains("Done.");

        // When
        run.pass(Duration.ofHours(25));

        // Then
        assertThat(run.page(run.token(Act.MUTE, ONE)).body()).contains("Mute bounces for yourself?");
        assertThat(run.send(form).body()).as("the form of yesterday").doesNotContain("Done.");
        assertThat(run.answer(run.token(Act.MUTE, ONE), choices).body()).contains("Done.", "muted until");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).hasSize(2);
    }

    @Test
    void aMuteIsAddedOnceWhateverVersionTheFormHas() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String form = answerForm(run.page(run.token(Act.MUTE, ONE)), "pair=unknown-user%40example.net", "period=day");

        // When
        for (String version : List.of("0-1", "1-0", "7-7", "")) {
            assertThat(run.send(form.replaceAll("version=[^&]*", "version=" + version)).statusCode()).isEqualTo(200);
        }

        // Then
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
        assertThat(run.send(form).body()).contains("Done.");
        assertThat(run.send(form.replace("period=day", "period=week")).body()).doesNotContain("Done.");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pair=other%40example.net&period=day", "pair=unknown-user%40example.net&period=year", ""})
    void whatThePageDoesNotOfferCannotBeMuted(String choices) {
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        assertThat(run.answer(run.token(Act.MUTE, ONE), choices).statusCode()).isEqualTo(200);
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
    }
}
