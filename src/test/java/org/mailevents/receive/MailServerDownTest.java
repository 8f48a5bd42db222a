package org.mailevents.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** While the mail server is down, two bounces of every code arrive. When the mail server is back, each of them is mailed once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MailServerDownTest {

    private final TestDatabase database = TestDatabase.h2();
    private final Map<String, ObjectNode> claimed = bounces();
    private final Map<String, ObjectNode> later = bounces();
    private List<String> idsOfClaimedMails;
    private List<Mailbox.Mail> mails;

    static Stream<String> codes() {
        return Stream.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "99", "42");
    }

    private static Map<String, ObjectNode> bounces() {
        return codes().collect(Collectors.toMap(Function.identity(), Payload::bounce));
    }

    @BeforeAll
    void theMailServerIsDownAndComesBack() {
        ServerSetup setup = new ServerSetup(MailEvents.freePort(), "127.0.0.1", ServerSetup.PROTOCOL_SMTP);
        Mailbox down = new Mailbox("smtp://127.0.0.1:" + setup.getPort(), List::of, () -> { });
        GreenMail server = new GreenMail(setup);
        try (InProcess application = TestSettings.of(database, down).with("alert.first-delay", "100ms", "alert.updates", "100ms")
                .startInProcess()) {
            // Given
            post(application, claimed);
            await().until(() -> count("alert_state = 'claimed'") == claimed.size());
            idsOfClaimedMails = database.rows("SELECT mail_id FROM alert_mail").stream().map(row -> row.get("mail_id")).toList();
            post(application, later);

            // When
            server.start();

            // Then
            await().until(() -> count("alert_state = 'sent'") == claimed.size() + later.size());
            mails = Arrays.stream(server.getReceivedMessages()).map(Mailbox.Mail::new).toList();
        } finally {
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aBounceIsMailedWhenTheMailServerIsBack(String code) {
        Mailbox.Mail first = onlyMailNaming(claimed.get(code));
        Mailbox.Mail second = onlyMailNaming(later.get(code));

        assertThat(idsOfClaimedMails).extracting(id -> "<" + id + "@localhost>").contains(first.header("Message-ID"));
        assertThat(first.text()).doesNotContain(later.get(code).get("to").asText());
        assertThat(mails.indexOf(first)).isLessThan(mails.indexOf(second));
        assertThat(second.header("In-Reply-To")).isEqualTo(first.header("Message-ID"));
    }

    private static void post(InProcess application, Map<String, ObjectNode> bounces) {
        ObjectNode[] elements = bounces.values().toArray(ObjectNode[]::new);
        assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", elements)), elements.length, elements.length, 0, 0);
    }

    private Mailbox.Mail onlyMailNaming(ObjectNode bounce) {
        List<Mailbox.Mail> naming = mails.stream().filter(mail -> mail.text().contains(bounce.get("to").asText())).toList();
        assertThat(naming).hasSize(1);
        return naming.get(0);
    }

    private int count(String condition) {
        return database.rows("SELECT 1 FROM mail_event WHERE " + condition).size();
    }
}
