package org.mailevents.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The tables, indexes and views of Mail Events, which Flyway migrates once in each process. */
final class DatabaseSchema {

    private final DataSource dataSource;
    private final Optional<EventPartitions> partitions;
    private final Clock clock;
    private final ReentrantLock migration = new ReentrantLock();
    private volatile boolean migrated;

    /**
     * @param dataSource gives connections that do not come from the pool, because the pool gives none before the migration
     * @param partitions empty for H2, which has neither partitions nor partial indexes
     */
    DatabaseSchema(DataSource dataSource, Optional<EventPartitions> partitions, Clock clock) {
        this.dataSource = dataSource;
        this.partitions = partitions;
        this.clock = clock;
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
                        .placeholders(placeholders())
                        .load()
                        .migrate();
                // before the first event: rows that are in the default partition would have to be moved
                partitions.ifPresent(each -> each.prepare(clock.instant()));
                migrated = true;
            }
        } finally {
            migration.unlock();
        }
    }

    /** Where the two databases differ: only PostgreSQL has partitions, partial indexes and indexes on expressions. */
    private Map<String, String> placeholders() {
        return partitions.isPresent()
                ? Map.of("partitioned", "PARTITION BY RANGE (event_id)",
                        "default-partition", "CREATE TABLE " + EventPartitions.DEFAULT + " PARTITION OF mail_event DEFAULT;",
                        "bounces-only", "WHERE event_type = 'bounces'",
                        "alerts-only", "WHERE alert_state IS NOT NULL",
                        "mailed-only", "WHERE alert_id IS NOT NULL",
                        "lower-recipient", "",
                        "address", "LOWER(recipient)")
                : Map.of("partitioned", "", "default-partition", "", "bounces-only", "", "alerts-only", "", "mailed-only", "",
                        "lower-recipient", "recipient_lower varchar GENERATED ALWAYS AS (LOWER(recipient)),",
                        "address", "recipient_lower");
    }

    /** {@code camel run} compiles src/main/java and has no resources of Mail Events on its class path. */
    private static String location() {
        Path sources = Path.of("src/main/resources/db/migration");
        boolean packaged = DatabaseSchema.class.getResource("/db/migration") != null;
        return packaged || !Files.isDirectory(sources) ? "classpath:db/migration" : "filesystem:" + sources;
    }
}
