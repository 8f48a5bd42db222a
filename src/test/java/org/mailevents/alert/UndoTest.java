package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.AnsweredAlerts.BOTH;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.USER;
import static org.mailevents.support.AnsweredAlerts.answerForm;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.Api;
import org.mailevents.support.Payload;

/** Every answer can be undone. The next mails of the audience name the answer and its undoing. */
@Execution(ExecutionMode.CONCURRENT)
class UndoTest {

    /** What a recipient chooses for each question of a page, whatever the page asks. */
    private static final String[] CHOICES = {"pair=unknown-user%40example.net", "period=day", "frequency=weekly"};

    @AutoClose
    private AnsweredAlerts run;

    @Test
    void anAnswerIsUndoneOnTheSamePageAndASecondPostOfTheFormChangesNothing() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String form = answerForm(run.page(run.token(Act.ACKNOWLEDGE, ONE)));
        HttpResponse<String> done = run.send(form);
        run.mailed(2);

        // When
        run.pass(Duration.ofSeconds(1));
        HttpResponse<String> undone = run.undo(done);

        // Then
        assertThat(done.body()).contains("Done. The other recipients get one mail", "and the other recipients get one mail");
        assertThat(undone.body()).contains("Undone.", "I have it").doesNotContain("The other recipients get one mail");
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), List.of(TWO));
        assertThat(run.mails().get(2).text()).contains("Nobody has it any more");
        List<List<Map<String, String>>> before = run.state();
        assertThat(before.get(0)).singleElement().satisfies(row -> assertThat(row.get("undone_at")).isNotNull());
        assertThat(before.get(1)).singleElement().satisfies(row -> assertThat(row.get("acknowledged_at")).isNull());
        assertThat(run.send(form).body()).contains("you have answered and undone this before");
        assertThat(run.undo(done).statusCode()).isEqualTo(200);
        assertThat(run.state()).isEqualTo(before);

        // Whoever presses the button once more takes care of the incident again, and the others are not told a second time.
        assertThat(run.send(answerForm(undone)).body()).contains("Done.", "You take care of this incident")
                .doesNotContain("other recipients");
        assertThat(run.database().rows("SELECT acknowledged_by FROM alert_incident")).extracting(row -> row.get("acknowledged_by"))
                .containsExactly(ONE);
        run.mailed(3);
    }

    @ParameterizedTest
    @CsvSource({"MUTE, “Mute” (", "LESS_OFTEN, “Less often” (a weekly digest)"})
    void theNextMailNamesAnAnswerAndTheOneAfterThatItsUndoing(Act act, String name) {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();

        // When
        HttpResponse<String> done = run.answer(run.token(act, ONE), CHOICES);

        // Then
        assertThat(nextMail(2)).contains(ONE + ": " + name).doesNotContain("no longer");

        // When
        run.undo(done);

        // Then
        assertThat(nextMail(3)).contains(ONE + ": no longer " + name).doesNotContain(ONE + ": " + name);
        assertThat(nextMail(4)).doesNotContain(ONE + ": ");
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), BOTH, BOTH);
    }

    @ParameterizedTest
    @CsvSource({"MUTE, “Mute” (", "LESS_OFTEN, “Less often” (a weekly digest)"})
    void anAnswerThatIsUndoneBeforeTheNextMailIsNamedWithItsUndoing(Act act, String name) {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();

        // When
        HttpResponse<String> done = run.answer(run.token(act, ONE), CHOICES);
        run.pass(Duration.ofSeconds(1));
        run.undo(done);

        // Then
        assertThat(nextMail(2)).containsSubsequence(ONE + ": " + name, ONE + ": no longer " + name);
        assertThat(run.recipients()).containsExactly(BOTH, BOTH);
    }

    @Test
    void theOthersHearWhoHasTheIncidentAndWhoNoLongerHasIt() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();

        // When
        HttpResponse<String> done = run.answer(run.token(Act.ACKNOWLEDGE, ONE));

        // Then
        assertThat(run.mailed(2).mails().get(1).text()).contains(ONE + " has it since ").doesNotContain("Answers since");

        // When
        run.pass(Duration.ofSeconds(1));
        run.undo(done);

        // Then
        assertThat(run.mailed(3).mails().get(2).text()).contains("Nobody has it any more", "To do: Unknown user: ")
                .containsSubsequence(ONE + ": “I have it”", ONE + ": no longer “I have it”");
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), List.of(TWO));
    }

    @Test
    void whoeverUndoesBeforeTheOthersHeardItCausesOneMail() throws Exception {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        run.application().context().getRouteController().stopRoute("send-alerts");

        // When
        HttpResponse<String> done = run.answer(run.token(Act.ACKNOWLEDGE, ONE));
        run.pass(Duration.ofSeconds(1));
        run.undo(done);
        run.application().context().getRouteController().startRoute("send-alerts");

        // Then
        assertThat(run.mailed(2).mails().get(1).text()).contains("Nobody has it any more")
                .containsSubsequence(ONE + ": “I have it”", ONE + ": no longer “I have it”");
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
        assertThat(Api.ask(run.application(), "/api/summary", "Authorization", USER).path("health").findValuesAsText("what"))
                .doesNotContain("alerts-not-sent");
    }

    @Test
    void anAnswerThatIsUndoneAfterTheIncidentCausesAndPromisesNoMail() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        run.answer(run.token(Act.ACKNOWLEDGE, ONE));
        run.mailed(2);
        run.pass(Duration.ofMinutes(46));
        run.awaitEnds();
        run.mailed(3);

        // When
        HttpResponse<String> page = run.page(run.token(Act.ACKNOWLEDGE, ONE));
        HttpResponse<String> undone = run.undo(page);

        // Then
        assertThat(page.body()).contains("This incident is over", "You answered at", "If you undo this, no mail is sent.")
                .doesNotContain("other recipients", "again");
        assertThat(undone.body()).contains("Undone.", "This incident is over").doesNotContain("Updates about this incident");
        run.mailed(3);
    }

    @Test
    void whoWasNotToldOfAnAnswerIsNotToldOfItsUndoing() {
        // Given
        run = new AnsweredAlerts(Map.of("alert.max-per-hour", "1"));
        run.firstMail();
        run.answer(run.token(Act.ACKNOWLEDGE, ONE));
        run.mailed(2);

        // When the all-clear must wait, and the next outage begins
        run.pass(Duration.ofMinutes(46));
        await().until(() -> run.database().rows("SELECT 1 FROM alert_incident WHERE acknowledged_at IS NOT NULL").isEmpty());
        run.post("bounces", Payload.bounce("2"));
        HttpResponse<String> done = run.answer(run.token(Act.ACKNOWLEDGE, ONE));
        run.pass(Duration.ofSeconds(1));
        HttpResponse<String> undone = run.undo(done);

        // Then
        assertThat(done.body()).contains("Done.", "You take care of this incident").doesNotContain("other recipients");
        assertThat(undone.body()).contains("Undone.");
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
    }

    /** Posts a bounce, and waits for the mail that reports it. */
    private String nextMail(int number) {
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(31));
        return run.mailed(number).mails().get(number - 1).text();
    }
}
