package org.mailevents.log;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the failures of routes. A step that fails once usually fails for every webhook, and again at every replay. So the first failure is
 * logged with its reason, and its repetitions are summed up once a minute. A failure is a repetition if its route, its file and line, and
 * the class of its exception are the same. The text of the exception does not count, because it may differ from event to event.
 */
public final class FailureLog {

    /** The name under which the routes refer to it. */
    public static final String NAME = "failure";
    /** The property of an exchange that holds the file and line of the step that failed, and the server whose call failed. */
    public static final String PLACE = "MailEventsFailurePlace";

    private static final Logger LOG = LoggerFactory.getLogger("on-error");

    private record Kind(FailedStep step, Class<?> exception) {
    }

    /**
     * @param failures how many there were since the last line in the log
     * @param whole    the id of the exchange that failed last; if a split failed for many of its parts, the id of the whole
     * @param last     the newest failure
     */
    private record Repetitions(long failures, String whole, Throwable last) {
    }

    private final CamelContext application;
    private final Map<Kind, Repetitions> logged = new ConcurrentHashMap<>();
    /** Where an exception was thrown that is still on its way to the caller. */
    private final Map<Throwable, FailedStep> steps = Collections.synchronizedMap(new WeakHashMap<>());

    /** Makes the log of an application, which sums up once a minute until the application stops. */
    public static FailureLog of(CamelContext context) {
        FailureLog log = new FailureLog(context);
        context.getExecutorServiceManager().newSingleThreadScheduledExecutor(log, "failure-log")
                .scheduleWithFixedDelay(log::sumUp, 1, 1, TimeUnit.MINUTES);
        return log;
    }

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private FailureLog(CamelContext application) {
        this.application = application;
    }

    /**
     * Logs the failure of an exchange, or counts it as a repetition. A routeConfiguration calls this method in {@code onException}. A
     * failure in a trial of saved routes is not logged: it runs in a second context, and the team gets its own answer about it.
     */
    public void report(Exchange exchange) {
        if (exchange.getContext() != application) {
            return;
        }
        report(note(exchange), exchange.getProperty(Exchange.CORRELATION_ID, exchange.getExchangeId(), String.class), failure(exchange));
    }

    /** The failure of an exchange as text, with its route, file and line. */
    public String at(Exchange exchange) {
        return note(exchange).line("failed", failure(exchange));
    }

    /**
     * Reports a failure that ended in a Java route, unless a YAML route has already reported the same failure.
     *
     * @param route the id of the Java route
     * @return the step that failed
     */
    public FailedStep reportOnce(String route, Throwable failure) {
        Optional<FailedStep> reported = stepOf(failure);
        if (reported.isEmpty()) {
            FailedStep step = new FailedStep(route, null);
            steps.put(failure, step);
            report(step, null, failure);
        }
        return reported.orElseGet(() -> new FailedStep(route, null));
    }

    private Optional<FailedStep> stepOf(Throwable failure) {
        FailedStep step = null;
        for (Throwable cause = failure; cause != null && step == null; cause = cause.getCause()) {
            step = steps.get(cause);
        }
        return Optional.ofNullable(step);
    }

    private FailedStep note(Exchange exchange) {
        FailedStep step = new FailedStep(String.valueOf(exchange.getProperty(Exchange.FAILURE_ROUTE_ID)),
                exchange.getProperty(PLACE, String.class));
        steps.put(failure(exchange), step);
        return step;
    }

    private void report(FailedStep step, String whole, Throwable failure) {
        logged.compute(new Kind(step, failure.getClass()), (kind, before) -> {
            if (before == null) {
                LOG.error(step.line("failed", failure));
                return new Repetitions(0, whole, failure);
            }
            boolean same = whole != null && whole.equals(before.whole());
            return new Repetitions(before.failures() + (same ? 0 : 1), whole, failure);
        });
    }

    /** Logs how often each failure was repeated. A failure that was not repeated for a minute is logged again when it comes back. */
    public void sumUp() {
        for (Kind kind : logged.keySet()) {
            logged.computeIfPresent(kind, (same, repeated) -> {
                if (repeated.failures() == 0) {
                    return null;
                }
                LOG.error(kind.step().line("failed " + repeated.failures() + " more times within a minute", repeated.last()));
                return new Repetitions(0, repeated.whole(), repeated.last());
            });
        }
    }

    private static Throwable failure(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }
}
