package org.mailevents.kafka;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.support.LifecycleStrategySupport;
import org.mailevents.camel.Timers;
import org.mailevents.database.Database;
import org.mailevents.log.FailingRoutes;

/** The threads of this process that store from the log. They run while all routes run. */
final class LogReaders extends LifecycleStrategySupport implements StartupListener {

    /** A new consumer may wait half a minute for brokers that do not answer. */
    private static final Duration LONGEST_POLL = Duration.ofMinutes(2);
    /** A thousand events pass the slowest steps of a team. */
    private static final Duration LONGEST_BATCH = Duration.ofMinutes(30);
    private static final Duration DELAY = Duration.ofMinutes(1);

    private final CamelContext context;
    private final List<LogReader> readers;

    LogReaders(CamelContext context, KafkaSettings settings, KafkaLog log) {
        this.context = context;
        Database database = mandatoryFindSingleByType(context, Database.class);
        Timers timers = mandatoryFindSingleByType(context, Timers.class);
        readers = IntStream.rangeClosed(1, settings.consumers()).mapToObj(number -> new LogReader(settings, database,
                new StoreRecords(context, log), timers.add("read-log-" + number, LONGEST_POLL, DELAY),
                timers.add("replay-log-" + number, LONGEST_BATCH, DELAY))).toList();
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
