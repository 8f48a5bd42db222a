package org.mailevents.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection pool, on H2 or PostgreSQL. The database may be down, even at the start. The pool then refuses connections at once, so that
 * no webhook waits for one, until the route {@code find-database} finds the database back. The first connection migrates the schema.
 */
public final class Database extends HikariDataSource {

    /** The name of the pool in the registry, as in {@code jdbc:dataSource}. */
    public static final String NAME = "dataSource";

    private static final Logger LOG = LoggerFactory.getLogger("database");

    /**
     * SQLSTATE of a database that cannot be reached: the connection failed (08), the server starts or stops (57P), the server has ended a
     * transaction that did nothing for too long (25P03), or the server has no resources left (53). The numbers are H2's codes of broken
     * connections.
     */
    private static final Pattern ABSENT = Pattern.compile("08.*|57P.*|53.*|25P03|90067|90098|90121");

    /** How long a caller waits for a connection. */
    private static final Duration MAX_WAIT = Duration.ofMillis(1_800);

    private final DatabaseBreaker breaker = new DatabaseBreaker(LOG);
    private final ClosedH2File closedFile;
    private final Optional<EventPartitions> partitions;
    private final DatabaseSchema schema;

    private Database(HikariConfig config, DataSource withoutPool, ClosedH2File closedFile, PartitionLength length, Clock clock) {
        super(config);
        this.closedFile = closedFile;
        this.partitions = DatabaseUrl.isH2(config.getJdbcUrl()) ? Optional.empty()
                : Optional.of(new EventPartitions(JdbiFactory.create(withoutPool), length));
        this.schema = new DatabaseSchema(withoutPool, partitions, clock);
    }

    /**
     * Opens the pool. If the database is down, the pool opens as well, and connections are refused until the database is back.
     *
     * @param clock tells which partitions are needed
     * @throws IllegalStateException when the database answers and refuses the connection or the migration: waiting does not help
     */
    public static Database open(Settings settings, Meters meters, Clock clock) {
        ClosedH2File closedFile = ClosedH2File.watched();
        HikariConfig config = PoolConfig.of(settings);
        config.setExceptionOverride(closedFile);
        DataSource withoutPool = PoolConfig.withoutPool(config);
        Database database = new Database(config, withoutPool, closedFile, PartitionLength.of(settings.text("store.partition")), clock);
        // without the pool, because the pool hides the error and gives up on a database that is slow to open
        try (Connection open = withoutPool.getConnection()) {
            database.schema.migrate();
            database.getConnection().close(); // from now on, a connection of the pool keeps an H2 file open
        } catch (SQLException | RuntimeException e) {
            if (!isAbsent(e)) {
                database.close();
                throw new IllegalStateException("The database of database.url cannot be opened. Check the user, the password and the"
                        + " database name. With an H2 file, check that no second Mail Events runs in this folder.", e);
            }
            LOG.warn("The database does not answer (database.url): {}", FailureText.describe(e));
            database.breaker.declareDown();
        }
        meters.watch(Level.DATABASE_UP, () -> database.isDown() ? 0 : 1);
        return database;
    }

    /**
     * A connection of the pool, to a migrated schema.
     *
     * @throws SQLTransientConnectionException at once while the database is known to be down, otherwise after two seconds
     */
    @Override
    public Connection getConnection() throws SQLException {
        if (isDown()) {
            throw DatabaseBreaker.refusal(null);
        }
        return breaker.connect(this::connect);
    }

    private Connection connect() throws SQLException {
        closedFile.reopen(getHikariPoolMXBean());
        Connection connection = pooled();
        try {
            schema.migrate();
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    /** The partitions of {@code mail_event}; empty on H2, where it is one table. */
    public Optional<EventPartitions> partitions() {
        return partitions;
    }

    /** Waits for a connection of the pool, unless an attempt to open one has failed. */
    private Connection pooled() throws SQLException {
        long began = System.nanoTime();
        while (true) {
            try {
                return super.getConnection();
            } catch (SQLTransientConnectionException e) {
                // Without an SQLSTATE, all connections are in use, or the server is slow to answer, or a failure was reported to another
                // caller: the pool reports each failure once.
                if (e.getSQLState() != null || isDown() || System.nanoTime() - began > MAX_WAIT.toNanos()) {
                    throw e;
                }
            }
        }
    }

    /** How many INSERTs may run at a time. With H2 one: H2 counts an event that two INSERTs store at once for neither of them. */
    public static int writers(Settings settings) {
        return DatabaseUrl.isH2(settings) ? 1 : settings.positive("store.writers");
    }

    /**
     * Tries to get a connection. While the database is known to be down, a call makes a real try only when the next try is due. A try that
     * succeeds ends the outage for all callers.
     *
     * @return whether there was a connection
     */
    public boolean answers() {
        try (Connection connection = breaker.connect(this::connect)) {
            return true;
        } catch (SQLException | RuntimeException e) {
            return false;
        }
    }

    /** Whether the database is known to be down. */
    public boolean isDown() {
        return breaker.isDown();
    }

    /** Whether a failure or one of its causes says that the database could not be reached, rather than that a statement was wrong. */
    public static boolean isAbsent(Throwable failure) {
        for (Throwable cause : ObjectHelper.createExceptionIterable(failure)) {
            if (cause instanceof SQLException sql && saysAbsent(sql)) {
                return true;
            }
        }
        return false;
    }

    private static boolean saysAbsent(SQLException failure) {
        // the pool gives no SQLSTATE when all its connections are in use
        return failure.getSQLState() == null
                ? failure instanceof SQLTransientConnectionException
                : ABSENT.matcher(failure.getSQLState()).matches();
    }
}
