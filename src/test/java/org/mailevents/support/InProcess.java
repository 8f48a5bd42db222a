package org.mailevents.support;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.slf4j.LoggerFactory;

/**
 * The application in the JVM of the test, started as the jar starts it. Its threads form a group, so its log can be separated from the logs
 * of other tests.
 */
public final class InProcess extends MailEvents {

    private final ThreadGroup threads = new ThreadGroup("application");
    private final StringBuffer log = new StringBuffer();
    private final Main main;

    /**
     * The logs of all applications, by their threads. One appender serves all, because Logback sometimes forgets an appender that is added
     * while other threads log, until the next one is added or removed: its COWArrayList may overwrite a newer copy with an older one.
     */
    private static final class Logs extends AppenderBase<ILoggingEvent> {

        static final Logs ALL = new Logs();

        private final Map<ThreadGroup, StringBuffer> byThreads = new ConcurrentHashMap<>();

        private Logs() {
            start();
            root().addAppender(this);
        }

        @Override
        protected void append(ILoggingEvent event) {
            StringBuffer log = byThreads.get(Thread.currentThread().getThreadGroup());
            if (log == null) {
                return;
            }
            log.append(event.getFormattedMessage()).append('\n');
            if (event.getThrowableProxy() != null) {
                log.append(ThrowableProxyUtil.asString(event.getThrowableProxy())).append('\n');
            }
        }
    }

    /**
     * @param main     the application, not yet started
     * @param settings the settings that differ from {@code application.properties}
     */
    public InProcess(Main main, Map<String, String> settings) {
        super(settings);
        this.main = main;
        main.addOverrideProperty("spool.directory", OwnProcess.folder().resolve("spool").toString());
        Logs.ALL.byThreads.put(threads, log);
        main.addOverrideProperty("store.max-wait", PATIENT);
        settings.forEach(main::addOverrideProperty);
        main.addOverrideProperty("camel.server.port", String.valueOf(port));
        main.addOverrideProperty("camel.management.port", String.valueOf(healthPort));
        // The shutdown hook of Camel would keep every stopped application in memory.
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        startIn(threads);
    }

    /** A thread belongs to the group of the thread that made it. */
    private void startIn(ThreadGroup group) {
        FutureTask<Void> start = new FutureTask<>(main::start, null);
        Thread thread = new Thread(group, start);
        thread.setContextClassLoader(CachedResources.LOADER);
        thread.start();
        try {
            start.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException refused ? refused : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** While another thread sets up logging, SLF4J returns substitute loggers. */
    public static Logger root() {
        return (Logger) await().until(() -> LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME), Logger.class::isInstance);
    }

    @Override
    public Path spool() {
        return Path.of(context().resolvePropertyPlaceholders("{{spool.directory}}"));
    }

    public CamelContext context() {
        return main.getCamelContext();
    }

    @Override
    public String log() {
        return log.toString();
    }

    @Override
    public void close() {
        Set<MeterRegistry> meters = context().getRegistry().findByType(MeterRegistry.class);
        main.stop();
        // Camel leaves a listener at the garbage collectors. The listener would keep the meters and everything that they measure in memory.
        meters.forEach(MeterRegistry::clear);
        Logs.ALL.byThreads.remove(threads);
    }
}
