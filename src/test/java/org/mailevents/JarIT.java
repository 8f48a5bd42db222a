package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.mailevents.cases.WebhookCases;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;

/** The cases against {@code java -jar target/mail-events.jar}, on PostgreSQL and an SMTP server. */
class JarIT extends WebhookCases {

    JarIT() {
        super(TestDatabase.postgres(), Mailbox.smtp(), settings -> OwnProcess.jar(settings).started());
    }

    @AfterAll
    void theLogCountsAndNamesNobody() {
        String log = ((OwnProcess) application()).log();
        assertThat(log).contains("http://127.0.0.1:" + application().port + "/webhooks/customers-mail-cloud")
                .containsPattern("bounces: 13 received, 13 stored, 0 duplicates, 0 rejected, 0 spooled in \\d+ ms")
                .doesNotContain("@").doesNotContain("s3cret").doesNotContain("秋のお知らせ").doesNotContain("Exception")
                .doesNotContain("is not a setting");
    }
}
