package org.mailevents.database;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.TransitionCheckResult;
import io.github.resilience4j.core.IntervalFunction;
import java.net.ConnectException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;

/** The circuit breaker of the database. While the database is down, no caller waits for a connection. */
final class DatabaseBreaker {

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);

    /**
     * A refused connection is an outage, and so are three failures in a row of another kind. Tries begin after half a second; the time
     * between two tries grows to five seconds.
     */
    static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.custom()
            .slidingWindowSize(3)
            .minimumNumberOfCalls(3)
            .failureRateThreshold(100)
            .transitionOnResult(result -> result.isRight() && isRefusal(result.get())
                    ? TransitionCheckResult.transitionToOpenAndWaitFor(FIRST_RETRY) : TransitionCheckResult.noTransition())
            .permittedNumberOfCallsInHalfOpenState(1)
            // a try that ends with an Error, for instance OutOfMemoryError, never returns its permit
            .maxWaitDurationInHalfOpenState(Duration.ofSeconds(10))
            .automaticTransitionFromOpenToHalfOpenEnabled(true)
            .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialBackoff(FIRST_RETRY, 2, Duration.ofSeconds(5)))
            .build();

    private final CircuitBreaker breaker = CircuitBreaker.of("database", CONFIG);

    /** @param log gets a line at the beginning and at the end of an outage */
    DatabaseBreaker(Logger log) {
        breaker.getEventPublisher().onStateTransition(change -> {
            switch (change.getStateTransition()) {
                case CLOSED_TO_OPEN -> log.error("The database is down. Webhooks go to the spool until the database is back.");
                case HALF_OPEN_TO_CLOSED -> log.info("The database is back");
                default -> { }
            }
        });
    }

    /** Whether the server refused the connection, or is just starting. A server that does not answer at all may only be slow. */
    private static boolean isRefusal(Throwable failure) {
        for (Throwable cause : ObjectHelper.createExceptionIterable(failure)) {
            if (cause instanceof ConnectException || cause instanceof SQLException sql && "57P03".equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /** Whether the database is known to be down. */
    boolean isDown() {
        return breaker.getState() != State.CLOSED;
    }

    /** The database is down from now on, until a try succeeds. */
    void declareDown() {
        breaker.transitionToOpenState();
    }

    /**
     * Gets a connection and counts whether that succeeded.
     *
     * @param pool throws nothing but {@link SQLException} and unchecked exceptions
     * @throws SQLTransientConnectionException at once, when the database is down and the next try is not due yet
     */
    Connection connect(Callable<Connection> pool) throws SQLException {
        try {
            return breaker.executeCallable(pool);
        } catch (CallNotPermittedException e) {
            throw refusal(e);
        } catch (SQLException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("The pool threw an unexpected checked exception", e);
        }
    }

    /** @param cause may be null */
    static SQLTransientConnectionException refusal(Throwable cause) {
        return new SQLTransientConnectionException("The database is down", "08001", cause);
    }
}
