package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TimedAlerts;

/** Each incident is a separate thread in the recipient's mail program. Its mails go to its audience, in the language of the audience. */
@Execution(ExecutionMode.CONCURRENT)
class AlertThreadTest {

    @Test
    void anIncidentKeepsItsSubjectThoughTheTemplateIsEditedAndTheNextHasAnother() throws IOException {
        // Given
        Path routes = OwnProcess.folder("routes").resolve("routes");
        Path subject = routes.resolve("templates/alert.subject.ftl");
        String edited = "とても長い件名に変えました。".repeat(30);
        try (TimedAlerts run = new TimedAlerts(Application.configured(),
                Map.of("camel.main.routesIncludePattern", "file:" + routes + "/*.camel.yaml", "alert.max-per-hour", "20",
                "alert.max-per-day", "100", "alert.all-clear-from", "1"))) {
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);

            // When
            Files.writeString(subject, "\n" + edited + "\n二行目 ${alert.openedAt}\n");
            await().until(() -> run.application().log().contains("Activated: " + subject));
            for (int mails = 2; mails <= 4; mails++) {
                run.post("bounces", Payload.bounce("2"));
                run.pass(Duration.ofMinutes(31));
                run.mailed(mails);
            }
            run.pass(Duration.ofMinutes(46));
            run.mailed(5);
            run.post("bounces", Stream.generate(() -> Payload.bounce("2")).limit(100).toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));
            run.mailed(6);
            run.pass(Duration.ofMinutes(46));
            List<Rfc5322> mails = run.mailed(7).mails();

            // Then
            assertThread(mails.subList(0, 5));
            assertThread(mails.subList(5, 7));
            assertThat(mails.get(0).subject()).startsWith("example.net：宛先不明 1件（");
            assertThat(mails.get(5).subject()).matches(edited + " 二行目 .{16}");
        }
    }

    @Test
    void twoIncidentsAndTwoAudiencesAreThreadsOfTheirOwn() {
        // Given
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.to", "all@example.com", "alert.max-per-day", "100",
                "alert.all-clear-from", "1"))) {

            // When
            for (int incident = 0; incident < 2; incident++) {
                run.post("bounces", Payload.bounce("2"), Payload.bounce("5"));
                run.pass(Duration.ofSeconds(10));
                run.mailed(4 * incident + 2);
                run.pass(Duration.ofMinutes(46));
                run.mailed(4 * incident + 4);
            }

            // Then
            List<Rfc5322> mails = run.mails();
            List<String> firstSubjects = mails.stream().filter(mail -> !mail.has("References")).map(Rfc5322::subject).toList();
            assertThat(firstSubjects).hasSize(4).doesNotHaveDuplicates();
            for (String subject : firstSubjects) {
                List<Rfc5322> thread = mails.stream().filter(mail -> mail.subject().replaceFirst("^Re: ", "").equals(subject)).toList();
                assertThat(thread).hasSize(2);
                assertThread(thread);
            }
            assertThat(run.recipients()).containsOnly(List.of("all@example.com"));
        }
    }

    @Test
    void anAudienceHasItsOwnLanguageAndRecipients() {
        // Given
        Map<String, String> settings = Map.of("alert.language.postmaster", "en", "alert.to", "all@example.com", "alert.to.list-owner",
                "list@example.com, list2@example.com", "alert.silence", "1h", "alert.to.operators", "ops@example.com",
                "alert.all-clear-from", "1");
        try (TimedAlerts run = new TimedAlerts(Application.configured(), settings)) {

            // When
            run.post("bounces", Payload.bounce("2"), Payload.bounce("5"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(2);
            run.pass(Duration.ofMinutes(46));
            run.mailed(4);
            run.pass(Duration.ofHours(1));
            List<Rfc5322> mails = run.mailed(5).mails();

            // Then
            for (int i = 0; i < mails.size(); i++) {
                List<String> recipients = run.recipients().get(i);
                String subject = mails.get(i).subject();
                assertThat(mails.get(i).to().split(", ")).containsExactlyInAnyOrderElementsOf(recipients);
                if (recipients.contains("all@example.com")) {
                    assertThat(subject).contains("example.net: mailbox full, 1 bounce at ");
                    assertThat(mails.get(i).text()).contains("This mail is for the postmaster.");
                    assertThat(mails.get(i).html()).contains("<html lang=\"en\">");
                    assertThat(mails.get(i).text()).doesNotContain("エラー");
                } else {
                    assertThat(subject).contains(recipients.contains("ops@example.com")
                            ? "【Mail Events】Webhook が届いていません" : "example.net：宛先不明 1件（");
                    assertThat(mails.get(i).text()).contains("Mail Events から自動送信");
                }
            }
            assertThat(run.recipients()).containsExactlyInAnyOrder(List.of("all@example.com"), List.of("all@example.com"),
                    List.of("list2@example.com", "list@example.com"), List.of("list2@example.com", "list@example.com"),
                    List.of("ops@example.com"));
        }
    }

    /** The mails have one subject, apart from the "Re:", and each mail refers to the mail before it (RFC 5322, 3.6.4). */
    private static void assertThread(List<Rfc5322> mails) {
        String first = mails.get(0).header("Message-ID");
        assertThat(mails.get(0).has("References")).isFalse();
        assertThat(mails.get(0).has("In-Reply-To")).isFalse();
        for (int i = 1; i < mails.size(); i++) {
            String before = mails.get(i - 1).header("Message-ID");
            assertThat(mails.get(i).subject()).isEqualTo("Re: " + mails.get(0).subject());
            assertThat(mails.get(i).messageIds("In-Reply-To")).containsExactly(before);
            assertThat(mails.get(i).messageIds("References")).startsWith(first).endsWith(before);
        }
    }
}
