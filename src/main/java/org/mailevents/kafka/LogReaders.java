package org.mailevents.kafka;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.support.LifecycleStrategySupport;
import org.mailevents.database.Database;
import org.mailevents.log.FailingRoutes;

/** The threads of this process that store from the log. They run while all routes run. */
final class LogReaders extends LifecycleStrategySupport implements StartupListener {

    private final CamelContext context;
    private final List<LogReader> readers;

    LogReaders(CamelContext context, KafkaSettings settings, KafkaLog log) {
        this.context = context;
        Database database = mandatoryFindSingleByType(context, Database.class);
        readers = Stream.generate(() -> new LogReader(settings, database, new StoreRecords(context, log)))
                .limit(settings.consumers()).toList();
    }

    void startWithContext() {
        try {
            context.addStartupListener(this);
        } catch (Exception e) {
            throw new IllegalStateException("Camel refused a listener", e);
        }
        context.addLifecycleStrategy(this);
        mandatoryFindSingleByType(context, FailingRoutes.class).watch(() -> readers.stream().flatMap(LogReader::waitingForSteps));
    }

    @Override
    public void onCamelContextStarted(CamelContext started, boolean alreadyStarted) {
        // This is too early: the YAML routes may not run yet.
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext started, boolean alreadyStarted) {
        readers.forEach(reader -> new Thread(reader, "replay-log").start());
    }

    /** Before any route is stopped, so that no webhook fails because of it. */
    @Override
    public void onContextStopping(CamelContext stopping) {
        readers.forEach(LogReader::stop);
        readers.forEach(LogReader::awaitEnd);
    }
}
