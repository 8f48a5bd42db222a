package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.TestDatabase;

/** What a process has in its spool is seen by the other processes of the database, until it is stored or the process is gone. */
class SpoolBacklogsTest {

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void otherProcessesSeeABacklog(String kind) {
        try (Laboratory laboratory = new Laboratory(kind.equals("H2") ? TestDatabase.h2InMemory() : TestDatabase.postgres())) {
            AtomicBoolean empty = new AtomicBoolean(false);
            SpoolBacklogs one = new SpoolBacklogs(laboratory.jdbi(), empty::get, laboratory.clock);
            SpoolBacklogs other = new SpoolBacklogs(laboratory.jdbi(), () -> true, laboratory.clock);

            one.note();
            one.note();
            other.note();
            assertThat(other.areAny()).isTrue();
            assertThat(one.areAny()).isTrue();

            empty.set(true);
            assertThat(one.areAny()).as("its own row may be old").isFalse();
            one.note();
            assertThat(other.areAny()).isFalse();

            empty.set(false);
            one.note();
            laboratory.clock.moveOn(Duration.ofMinutes(2));
            assertThat(other.areAny()).as("the process has noted nothing for two minutes").isFalse();
        }
    }
}
