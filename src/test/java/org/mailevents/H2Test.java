package org.mailevents;

import org.mailevents.cases.WebhookCases;
import org.mailevents.support.InProcess;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;

/** The cases on H2, with alerts as files. */
class H2Test extends WebhookCases {

    H2Test() {
        super(TestDatabase.h2(), Mailbox.folder(), settings -> new InProcess(Application.configured(), settings));
    }
}
