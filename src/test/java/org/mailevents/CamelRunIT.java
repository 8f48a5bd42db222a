package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.mailevents.cases.WebhookCases;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;

/** The cases against {@code camel run application.properties}, with a real Camel CLI, on H2 and with alerts as files. */
class CamelRunIT extends WebhookCases {

    CamelRunIT() {
        super(TestDatabase.h2(), Mailbox.folder(), settings -> OwnProcess.camelRun(settings).started());
    }

    @AfterAll
    void noSettingIsTakenForAMistake() {
        assertThat(application().log()).doesNotContain("is not a setting");
    }
}
