package org.mailevents.cases;

import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * What can be seen from outside, however the application runs and whatever database it uses: answers, rows and mails. Each case uses
 * addresses of its own, so all cases share one application and run in any order, several at a time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
public abstract class WebhookCases implements PayloadCases, StatusCases, VendorCases, ViewCases,
        AlertCases, UnstorableCases, AnswerCases, CharsetCases, SpoolCases, ApiCases, EventCases, CauseCases, DecisionCases, WatchCases,
        SignInCases, AsideCases {

    private final TestDatabase database;
    private final Mailbox mailbox;
    private final MailEvents application;

    /** @param start starts the application with these settings */
    protected WebhookCases(TestDatabase database, Mailbox mailbox, Function<Map<String, String>, MailEvents> start) {
        this.database = database;
        this.mailbox = mailbox;
        this.application = start.apply(TestSettings.of(database, mailbox).with(SignInCases.PROXY).map());
    }

    @AfterAll
    void stop() {
        application.close();
        mailbox.stop().run();
    }

    @Override
    public MailEvents application() {
        return application;
    }

    @Override
    public TestDatabase database() {
        return database;
    }

    @Override
    public Mailbox mailbox() {
        return mailbox;
    }
}
