package org.mailevents.database;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import org.junit.jupiter.api.Test;

class DatabaseBreakerTest {

    @Test
    void anErrorIsNotTheLastThatWasAskedOfADatabaseThatIsDown() {
        // Given
        CircuitBreaker breaker = CircuitBreaker.of("database", DatabaseBreaker.CONFIG);
        breaker.transitionToOpenState();
        await().until(() -> breaker.getState() == State.HALF_OPEN);

        // When
        assertThatThrownBy(() -> breaker.executeCallable(() -> {
            throw new OutOfMemoryError("as one");
        })).isInstanceOf(OutOfMemoryError.class);

        // Then
        await().ignoreException(CallNotPermittedException.class).until(() -> breaker.executeCallable(() -> true));
    }
}
