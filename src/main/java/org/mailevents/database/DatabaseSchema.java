package org.mailevents.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The tables, indexes and views of Mail Events, which Flyway migrates once in each process. */
final class DatabaseSchema {

    private final DataSource dataSource;
    private final boolean h2;
    private final ReentrantLock migration = new ReentrantLock();
    private volatile boolean migrated;

    /**
     * @param dataSource gives connections that do not come from the pool, because the pool gives none before the migration
     * @param h2         whether the database is H2, which has no partial indexes
     */
    DatabaseSchema(DataSource dataSource, boolean h2) {
        this.dataSource = dataSource;
        this.h2 = h2;
    }

    /**
     * Migrates the schema, if this process has not done so yet.
     *
     * @throws SQLTransientConnectionException when another thread is migrating: nobody waits, because a migration can take minutes
     */
    void migrate() throws SQLException {
        if (migrated) {
            return;
        }
        if (!migration.tryLock()) {
            throw new SQLTransientConnectionException("The schema is being migrated", "08001");
        }
        try {
            if (!migrated) {
                Flyway.configure(DatabaseSchema.class.getClassLoader())
                        .dataSource(dataSource)
                        .locations(location())
                        .failOnMissingLocations(true)
                        .placeholders(Map.of("bounces-only", h2 ? "" : "WHERE event_type = 'bounces'"))
                        .load()
                        .migrate();
                migrated = true;
            }
        } finally {
            migration.unlock();
        }
    }

    /** {@code camel run} compiles src/main/java and has no resources of Mail Events on its class path. */
    private static String location() {
        Path sources = Path.of("src/main/resources/db/migration");
        boolean packaged = DatabaseSchema.class.getResource("/db/migration") != null;
        return packaged || !Files.isDirectory(sources) ? "classpath:db/migration" : "filesystem:" + sources;
    }
}
