package org.mailevents.store;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Clock;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.EventPartitions;
import org.mailevents.settings.TimeSource;
import org.slf4j.LoggerFactory;

/** Creates the partitions of {@code mail_event} on PostgreSQL before they are needed. On H2 the route does not exist. */
public final class PreparePartitions extends RouteBuilder {

    private static final String ID = "prepare-partitions";

    @Override
    public void configure() {
        Database database = mandatoryFindSingleByType(getContext(), Database.class);
        database.partitions().ifPresent(partitions -> configure(database, partitions));
    }

    private void configure(Database database, EventPartitions partitions) {
        Clock clock = TimeSource.of(getContext());
        BackgroundJob job = new BackgroundJob(database, 0, LoggerFactory.getLogger(ID),
                "Cannot create the partitions of mail_event. Events without one go into the default partition, which is slower: {}");

        // @formatter:off
        // partitions exist at least a day before they are needed; after a failure there are many more tries
        from("scheduler:prepare-partitions?delay=60000").routeId(ID)
            .description("Creates the partitions of mail_event before they are needed")
            .onException(Throwable.class).handled(true).logExhausted(false).process(job::failed).end()
            .filter(exchange -> !database.isDown())
                .process(exchange -> partitions.prepare(clock.instant()))
                .process(exchange -> job.succeeded())
            .end();
        // @formatter:on
    }
}
