package org.mailevents.support;

import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.main.Main;
import org.mailevents.Application;

/** The database of a test that must pass on both databases. */
public enum Where {
    H2(TestDatabase::h2InMemory), POSTGRES(TestDatabase::postgres);

    private final Supplier<TestDatabase> database;

    Where(Supplier<TestDatabase> database) {
        this.database = database;
    }

    public TimedAlerts run(Map<String, String> settings) {
        return run(Application.configured(), settings);
    }

    public TimedAlerts run(Main main, Map<String, String> settings) {
        return new TimedAlerts(database.get(), main, settings);
    }
}
