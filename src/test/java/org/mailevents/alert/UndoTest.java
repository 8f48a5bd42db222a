package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.AnsweredAlerts.BOTH;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.answerForm;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;

/** Every answer can be undone. The next mails of the audience name the answer and its undoing. */
@Execution(ExecutionMode.CONCURRENT)
class UndoTest {

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
        HttpResponse<String> undone = run.undo(done);

        // Then
        assertThat(undone.body()).contains("Undone.", "I have it");
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
        assertThat(run.send(answerForm(undone)).body()).contains("You take care of this incident");
        assertThat(run.database().rows("SELECT acknowledged_by FROM alert_incident")).extracting(row -> row.get("acknowledged_by"))
                .containsExactly(ONE);
        run.mailed(3);
    }
}
