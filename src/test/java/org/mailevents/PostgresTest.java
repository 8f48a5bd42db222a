package org.mailevents;

import org.mailevents.cases.WebhookCases;
import org.mailevents.support.InProcess;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;

/** The cases on PostgreSQL, with alerts to an SMTP server. */
class PostgresTest extends WebhookCases {

    PostgresTest() {
        super(TestDatabase.postgres(), Mailbox.smtp(), settings -> new InProcess(Application.configured(), settings));
    }
}
