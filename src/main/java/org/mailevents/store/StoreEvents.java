package org.mailevents.store;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.mailevents.camel.CurrentDirect;
import org.mailevents.database.Database;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;

/**
 * Stores the events of webhooks; a repeated event changes nothing. The events of all webhooks that wait at the same time are one INSERT,
 * and so one transaction and one round trip.
 */
public final class StoreEvents extends RouteBuilder {

    /**
     * Threads that run the rest of the route for stored webhooks. When storing fails, each of them writes its webhook into the spool and
     * waits for the disk.
     */
    private static final int ANSWERERS = 8;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        Database database = mandatoryFindSingleByType(getContext(), Database.class);
        Meters meters = mandatoryFindSingleByType(getContext(), Meters.class);
        EventWriter writer = new EventWriter(database, TimeSource.of(getContext()), meters,
                mandatoryFindSingleByType(getContext(), ActiveRoutes.class));
        GroupCommit commits = new GroupCommit(limits(settings), writer::write);
        getContext().addService(commits);
        UndecidedBounces undecided = new UndecidedBounces(settings.audience("alert.undecided"));
        meters.watch(Level.QUEUE_EVENTS, commits::waitingEvents);

        // @formatter:off
        from("direct:store-events").routeId("store-events")
            .description("Stores a webhook's events, in one INSERT with those of other waiting webhooks; a repeated event changes nothing")
            // the route that calls this one handles the error
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(
                    undecided.decide(exchange.getMessage().getMandatoryBody(Webhook.class), CurrentDirect.caller(exchange))))
            .process(new StoreWebhook(commits, getContext().getExecutorServiceManager()
                    .newFixedThreadPool(this, "store-events", ANSWERERS)));

        from("scheduler:expire-waiting?delay=100").routeId("expire-waiting")
            .description("Gives up webhooks that have waited too long for the database, and reports bounces without an audience")
            .errorHandler(noErrorHandler())
            .process(exchange -> commits.expire())
            .process(exchange -> undecided.report());

        from("scheduler:find-database?delay=500").routeId("find-database")
            .description("Tries to reach a database that is down, so that no webhook has to wait for it")
            .errorHandler(noErrorHandler())
            .filter(exchange -> database.isDown())
                .process(exchange -> database.answers())
            .end();
        // @formatter:on
    }

    private static GroupCommit.Limits limits(Settings settings) {
        return new GroupCommit.Limits(Database.writers(settings), settings.positive("store.batch"), settings.positive("store.queue"),
                settings.bytes("store.queue-size", Runtime.getRuntime().maxMemory() / 10),
                // the last tenth of the time is for the spool, which takes the webhooks that were given up
                settings.duration("store.max-wait").multipliedBy(9).dividedBy(10));
    }

    /** Stores the webhook in the body and leaves its receipt there. No thread waits: an answerer continues the route after the commit. */
    private static final class StoreWebhook extends AsyncProcessorSupport {

        private final GroupCommit commits;
        private final Executor answerers;

        StoreWebhook(GroupCommit commits, Executor answerers) {
            this.commits = commits;
            this.answerers = answerers;
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            Webhook webhook = exchange.getMessage().getBody(Webhook.class);
            if (webhook.received() == 0) {
                exchange.getMessage().setBody(new Receipt(0, 0, 0, 0, 0));
                callback.done(true);
                return true;
            }
            // Not in the thread of the INSERT, which has the next INSERT to do. When more than 1,000 answers wait, Camel's pool makes that
            // thread run one of them, and so slows down the intake.
            commits.store(webhook).whenCompleteAsync((receipt, failure) -> {
                exchange.getMessage().setBody(receipt);
                exchange.setException(failure);
                callback.done(false);
            }, answerers);
            return false;
        }
    }
}
