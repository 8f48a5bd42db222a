package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.AnsweredAlerts.BOTH;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.SETTINGS;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.answerForm;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.InProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A recipient answers "I have it": the others hear it once, and nothing is lost. */
@Execution(ExecutionMode.CONCURRENT)
class AcknowledgeTest {

    @AutoClose
    private AnsweredAlerts run;

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void whoeverHasItIsNamedToTheOthersOnce(String kind) {
        // Given
        run = new AnsweredAlerts(kind.equals("H2") ? TestDatabase.h2InMemory() : TestDatabase.postgres(), Map.of());
        run.firstMail();
        HttpResponse<String> page = run.page(run.token(Act.ACKNOWLEDGE, ONE));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("Take care of this incident?", "The other recipients get one mail", ONE, "I have it");

        // When
        String form = answerForm(page);
        HttpResponse<String> done = run.send(form);
        HttpResponse<String> again = run.send(form);

        // Then
        assertThat(done.body()).contains("Done.", "You take care of this incident", "Undo");
        assertThat(again.body()).contains("You take care of this incident");
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
        assertThat(run.mails().get(1).subject()).isEqualTo("Re: " + run.mails().get(0).subject());
        assertThat(run.database().rows("SELECT acknowledged_by FROM alert_incident")).extracting(row -> row.get("acknowledged_by"))
                .containsExactly(ONE);
        assertThat(run.page(run.token(Act.ACKNOWLEDGE, TWO)).body()).contains(ONE + " takes care of this incident").doesNotContain("<form");
    }

    @Test
    void aMailThatWaitsIsWithdrawn() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        UUID mail = UUID.fromString(run.database().rows("SELECT mail_id FROM alert_mail").get(0).get("mail_id"));
        UUID waiting = UUID.randomUUID();
        run.database().execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, retry_at) VALUES (?, ?, 'mail',"
                + " 'late@example.com', ?)", waiting, mail, run.now().plus(Duration.ofMinutes(10)).atOffset(ZoneOffset.UTC));

        // When
        HttpResponse<String> done = run.answer(run.token(Act.ACKNOWLEDGE, ONE));

        // Then
        run.pass(Duration.ofMinutes(11));
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
        assertThat(run.database().rows("SELECT failure FROM alert_delivery WHERE delivery_id = ? AND gave_up_at IS NOT NULL", waiting))
                .singleElement().satisfies(row -> assertThat(row.get("failure")).startsWith("Withdrawn"));

        // And undone
        run.undo(done);
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(List.of("late@example.com", ONE, TWO), List.of(TWO), List.of(TWO));
    }

    @Test
    void whoeverHasItGetsTheMailsThatNobodyHasGot() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        OffsetDateTime later = run.now().plus(Duration.ofMinutes(10)).atOffset(ZoneOffset.UTC);
        UUID mail = UUID.randomUUID();
        run.database().execute("UPDATE alert_incident SET mails = 2");
        run.database().execute("INSERT INTO alert_mail (mail_id, incident_id, number, audience, what, message_id, made_at) SELECT ?,"
                + " incident_id, 2, audience, 'update', '<2@example.com>', ? FROM alert_incident", mail,
                run.now().atOffset(ZoneOffset.UTC));
        BOTH.forEach(recipient -> run.database().execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, retry_at)"
                + " VALUES (?, ?, 'mail', ?, ?)", UUID.randomUUID(), mail, recipient, later));

        // When
        run.answer(run.token(Act.ACKNOWLEDGE, ONE));

        // Then
        await().until(() -> run.recipients().size() == 2);
        run.pass(Duration.ofMinutes(11));
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), List.of(ONE));
    }

    @Test
    void anAcknowledgementSilencesNeitherTheNextOutageNorTheNextDay() {
        // Given
        run = new AnsweredAlerts(Map.of());
        outage("one.example");
        run.pass(Duration.ofSeconds(10));
        run.mailed(1);
        run.answer(run.token(Act.ACKNOWLEDGE, ONE));
        run.mailed(2);

        // When
        run.pass(Duration.ofSeconds(1));
        outage("two.example");
        run.pass(Duration.ofMinutes(16));

        // Then
        Rfc5322 next = run.mailed(3).mails().get(2);
        assertThat(next.header("Importance")).isEqualTo("high");
        assertThat(next.text()).contains("two.example");

        // When
        for (int halfHours = 0; halfHours < 46; halfHours++) {
            run.mailed(3);
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofMinutes(30));
        }
        run.mailed(3);

        // Then
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(40));
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(30));
        run.mailed(4);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), BOTH, BOTH);
    }

    private void outage(String domain) {
        run.post("bounces", Stream.generate(() -> Payload.bounce("2").put("to", UUID.randomUUID() + "@" + domain)).limit(100)
                .toArray(JsonNode[]::new));
    }

    @Test
    void ofTwoProcessesOneAnswers() {
        // Given
        TestDatabase database = TestDatabase.postgres();
        run = new AnsweredAlerts(database, Map.of());
        run.firstMail();
        Main second = Application.configured();
        second.bind("clock", run.clock());
        try (InProcess other = TestSettings.of(database).with(SETTINGS.map()).with("alert.endpoint", "smtp://127.0.0.1:9")
                .startInProcess(second)) {
            String form = answerForm(run.page(run.token(Act.ACKNOWLEDGE, ONE)));
            String rival = answerForm(AnsweredAlerts.page(other, run.token(Act.ACKNOWLEDGE, TWO)));

            // When
            List<CompletableFuture<HttpResponse<String>>> answers = Stream.of(form, rival, form, rival).flatMap(each ->
                    Stream.of(run.application(), other).map(process ->
                            CompletableFuture.supplyAsync(() -> AnsweredAlerts.send(process, each)))).toList();
            answers.forEach(CompletableFuture::join);

            // Then
            assertThat(answers).allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
            Map<String, String> answer = database.rows("SELECT recipient FROM alert_answer").stream().reduce((one, two) -> {
                throw new AssertionError("two answers");
            }).orElseThrow();
            assertThat(database.rows("SELECT acknowledged_by, mails FROM alert_incident")).singleElement()
                    .hasToString("{acknowledged_by=" + answer.get("recipient") + ", mails=2}");
            assertThat(database.rows("SELECT d.recipient FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id"
                    + " WHERE m.what = 'acknowledged'")).singleElement()
                    .hasToString("{recipient=" + (answer.get("recipient").equals(ONE) ? TWO : ONE) + "}");
        }
    }

    /** To the database, a process that is killed is a connection that ends. */
    @Test
    void anAnswerThatIsBrokenOffBetweenItsStepsLeavesNothing() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        run = new AnsweredAlerts(database, Map.of());
        run.firstMail();
        String form = answerForm(run.page(run.token(Act.ACKNOWLEDGE, ONE)));
        List<List<Map<String, String>>> before = run.state();

        // When
        try (Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE alert_delivery IN SHARE MODE");
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> run.send(form));
            String waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    + " AND query LIKE 'UPDATE alert_delivery SET gave_up_at%'";
            await().until(() -> !database.rows("SELECT 1 " + waiting).isEmpty());
            database.rows("SELECT pg_terminate_backend(pid) " + waiting);
            assertThat(answer.join().statusCode()).isEqualTo(503);
            assertThat(answer.join().body()).contains("This page cannot be shown now");
        }

        // Then
        assertThat(run.state()).isEqualTo(before);
        assertThat(run.send(form).body()).contains("You take care of this incident");
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
    }
}
