package org.mailevents.http;

import org.mailevents.Application;
import org.mailevents.cases.SecurityCases;
import org.mailevents.support.Certificate;
import org.mailevents.support.InProcess;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;

/** The rules for secrets over HTTPS, with PostgreSQL and an SMTP server. */
class HttpsSecurityTest extends SecurityCases {

    HttpsSecurityTest() {
        super(TestDatabase.postgres(), Mailbox.smtp(), OwnProcess.folder(), Certificate.settings(),
                settings -> new InProcess(Application.configured(), settings));
    }
}
