package org.mailevents.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import com.zaxxer.hikari.util.DriverDataSource;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.util.ObjectHelper;
import org.flywaydb.core.Flyway;
import org.h2.api.ErrorCode;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection pool and the schema, on H2 or PostgreSQL. It may be down, at the start too: then connections are refused at once,
 * so that no webhook waits for one, until {@code find-database} has found it back. Its schema is brought up to date before the
 * first connection is given out.
 */
public final class Database extends HikariDataSource {

    /** The name of the pool in the registry, as in {@code jdbc:dataSource}. */
    static final String NAME = "dataSource";

    private static final Logger LOG = LoggerFactory.getLogger("database");

    /**
     * What the one SQL for both databases needs of H2, and what the promise needs: by default H2 writes up to half a second after
     * the commit, and a killed process would lose rows that were acknowledged.
     */
    private static final Map<String, String> H2_OPTIONS = Map.of("MODE", "PostgreSQL", "WRITE_DELAY", "0");

    /** SQLSTATE of a connection that failed, a server that starts, stops or has no room for us, and of H2's broken connections. */
    private static final Pattern ABSENT = Pattern.compile("08.*|57P.*|53.*|90067|90098|90121");

    /** Beside those of the INSERTs: eight for those who ask, as many as RequestGate lets in; for the alerts, for what goes on by itself, and for a team's own steps. */
    private static final int OTHER_CONNECTIONS = 18;

    /** How many seconds PostgreSQL has to take us in, whatever keeps it: the connection, TLS or the login. */
    private static final Map<String, String> LOGIN = Map.of("connectTimeout", "2", "loginTimeout", "2");

    /** Three failures in a row are an outage. */
    static final CircuitBreakerConfig WHEN_DOWN = CircuitBreakerConfig.custom()
            .slidingWindowSize(3)
            .minimumNumberOfCalls(3)
            .failureRateThreshold(100)
            .permittedNumberOfCallsInHalfOpenState(1)
            // an Error, for instance for lack of memory, never gives its permit back
            .maxWaitDurationInHalfOpenState(Duration.ofSeconds(10))
            .automaticTransitionFromOpenToHalfOpenEnabled(true)
            .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialBackoff(Duration.ofMillis(500), 2, Duration.ofSeconds(5)))
            .build();

    private final CircuitBreaker breaker = CircuitBreaker.of("database", WHEN_DOWN);
    private final ReentrantLock migration = new ReentrantLock();
    private final ClosedFile closedFile;
    private volatile boolean migrated;

    /** Where a query finds no memory left, H2 closes the file at once, and keeps the connections. */
    private static final class ClosedFile implements SQLExceptionOverride {

        private static final Set<Integer> CODES = Set.of(ErrorCode.DATABASE_IS_CLOSED, ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.OUT_OF_MEMORY,
                ErrorCode.GENERAL_ERROR_1);

        private volatile boolean noticed;

        @java.lang.Override
        public Override adjudicate(SQLException failure) {
            if (!CODES.contains(failure.getErrorCode())) {
                return Override.CONTINUE_EVICT;
            }
            noticed = true;
            return Override.MUST_EVICT;
        }
    }

    private Database(HikariConfig config, ClosedFile closedFile) {
        super(config);
        this.closedFile = closedFile;
        breaker.getEventPublisher().onStateTransition(change -> {
            switch (change.getStateTransition()) {
                case CLOSED_TO_OPEN -> LOG.error("The database is down: until it is back, webhooks are kept in the spool");
                case HALF_OPEN_TO_CLOSED -> LOG.info("The database is back");
                default -> { }
            }
        });
    }

    /** The pool of this application, opened by whoever asks first; it closes with the context. */
    public static Database of(CamelContext context) {
        Database open = context.getRegistry().lookupByNameAndType(NAME, Database.class);
        if (open == null) {
            open = open(new Settings(context));
            context.getRegistry().bind(NAME, open, null, "close");
            Database opened = open;
            Meters.of(context).watch(Level.DATABASE_UP, () -> opened.isDown() ? 0 : 1);
        }
        return open;
    }

    /** @throws IllegalStateException when it is there and does not let us in: that does not pass by itself */
    private static Database open(Settings settings) {
        ClosedFile closedFile = new ClosedFile();
        HikariConfig config = config(settings);
        config.setExceptionOverride(closedFile);
        Database database = new Database(config, closedFile);
        // not through the pool: an error is told at once, and a database that opens slowly is waited for
        try (Connection open = database.direct().getConnection()) {
            database.migrate();
            database.getConnection().close(); // from now on the pool keeps an H2 file open
        } catch (SQLException | RuntimeException e) {
            if (!isAbsent(e)) {
                database.close();
                throw new IllegalStateException("The database of database.url cannot be opened. Are the user, its password and the database"
                        + " right, and with an H2 file, does no other Mail Events run in this folder?", e);
            }
            LOG.warn("The database does not answer (database.url): {}", FailureText.describe(e));
            database.breaker.transitionToOpenState();
        }
        return database;
    }

    private static HikariConfig config(Settings settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("mail-events");
        config.setJdbcUrl(url(settings.required("database.url")));
        config.setUsername(settings.text("database.username"));
        config.setPassword(settings.text("database.password"));
        config.setMaximumPoolSize(writers(settings) + OTHER_CONNECTIONS);
        config.setMinimumIdle(2);
        config.setConnectionTimeout(2_000);
        config.setValidationTimeout(1_500);
        config.setInitializationFailTimeout(-1);
        if (config.getJdbcUrl().startsWith("jdbc:h2:")) {
            // without a connection the file is closed, and opened again: one that was opened stays
            config.setMaxLifetime(0);
            config.setIdleTimeout(0);
            config.setMinimumIdle(0);
        } else {
            // PostgreSQL's details quote the row that failed, and no address belongs into a log
            config.addDataSourceProperty("logServerErrorDetail", "false");
            // a server that no longer answers must not hold a webhook, or the alerts, for long; nor the stop, which takes 8 s
            LOGIN.forEach(config::addDataSourceProperty);
            config.addDataSourceProperty("socketTimeout", "5");
            config.addDataSourceProperty("tcpKeepAlive", "true");
        }
        return config;
    }

    /** @throws SQLTransientConnectionException at once while the database is known to be down, else after two seconds */
    @Override
    public Connection getConnection() throws SQLException {
        if (isDown()) {
            throw new SQLTransientConnectionException("The database is down", "08001");
        }
        return guarded();
    }

    private Connection guarded() throws SQLException {
        try {
            return breaker.executeCallable(this::connect);
        } catch (CallNotPermittedException e) {
            throw new SQLTransientConnectionException("The database is down", "08001", e);
        } catch (SQLException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("connect throws no other", e);
        }
    }

    boolean isH2() {
        return getJdbcUrl().startsWith("jdbc:h2:");
    }

    /** How many INSERTs run at a time. With H2 it is one: of a row that two of them insert at once, H2 counts it for neither. */
    public static int writers(Settings settings) {
        return settings.required("database.url").startsWith("jdbc:h2:") ? 1 : settings.positive("store.writers");
    }

    /** Whether it gives a connection now; known to be down, it is asked at growing distances, and once it does it is back for all. */
    public boolean answers() {
        try (Connection connection = guarded()) {
            return true;
        } catch (SQLException | RuntimeException e) {
            return false;
        }
    }

    /** Whether it is known to be down. */
    public boolean isDown() {
        return breaker.getState() != State.CLOSED;
    }

    /** Whether something failed because the database was not there, and not because of what it was asked. */
    public static boolean isAbsent(Throwable failure) {
        for (Throwable cause : ObjectHelper.createExceptionIterable(failure)) {
            if (cause instanceof SQLException sql
                    && (sql.getSQLState() == null ? sql instanceof SQLTransientConnectionException : ABSENT.matcher(sql.getSQLState()).matches())) {
                return true; // the pool names no state when it has no connection left
            }
        }
        return false;
    }

    private Connection connect() throws SQLException {
        if (closedFile.noticed) {
            reopen();
        }
        Connection connection = super.getConnection();
        if (!migrated) {
            try {
                migrate();
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        }
        return connection;
    }

    /** Not before the last connection to what was is closed, because H2 would then forget the file that is open by now, and could not open it for another. */
    private synchronized void reopen() throws SQLException {
        getHikariPoolMXBean().softEvictConnections();
        if (closedFile.noticed && getHikariPoolMXBean().getTotalConnections() > 0) {
            throw new SQLTransientConnectionException("H2 has closed the file of database.url", "08001");
        }
        closedFile.noticed = false;
    }

    private void migrate() throws SQLException {
        if (!migration.tryLock()) {
            throw new SQLTransientConnectionException("The schema is being brought up to date", "08001");
        }
        try {
            if (!migrated) {
                // `camel run` compiles src/main/java and knows no resources
                Path sources = Path.of("src/main/resources/db/migration");
                boolean packaged = Database.class.getResource("/db/migration") != null;
                Flyway.configure(Database.class.getClassLoader())
                        .dataSource(direct())
                        .locations(packaged || !Files.isDirectory(sources) ? "classpath:db/migration" : "filesystem:" + sources)
                        .failOnMissingLocations(true)
                        .placeholders(Map.of("bounces-only", isH2() ? "" : "WHERE event_type = 'bounces'"))
                        .load()
                        .migrate();
                migrated = true;
            }
        } finally {
            migration.unlock();
        }
    }

    /** Connections without the pool. */
    private DataSource direct() {
        Properties properties = new Properties();
        properties.putAll(isH2() ? Map.of() : LOGIN);
        return new DriverDataSource(getJdbcUrl(), null, properties, getUsername(), getPassword());
    }

    /** A URL of H2 with the options that it lacks; any other as it is. */
    static String url(String url) {
        if (url.startsWith("jdbc:postgresql:")) {
            return url;
        }
        if (!url.startsWith("jdbc:h2:")) {
            throw new IllegalArgumentException("Set database.url to a URL that begins with jdbc:postgresql: or jdbc:h2:");
        }
        // AUTO_SERVER opens a port for other processes of this machine, and only for them
        System.setProperty("h2.bindAddress", "127.0.0.1");
        StringBuilder complete = new StringBuilder(url);
        H2_OPTIONS.forEach((option, value) -> complete.append(option(url, option, value)));
        // H2 closes by itself as soon as the process is told to end, before what is in flight is stored. The pool closes it in time.
        // (H2 refuses the two together; what is in flight at the end then goes into the spool.)
        return complete.append(has(url, "AUTO_SERVER") ? "" : option(url, "DB_CLOSE_ON_EXIT", "FALSE")).toString();
    }

    private static String option(String url, String option, String value) {
        return has(url, option) ? "" : ";" + option + "=" + value;
    }

    private static boolean has(String url, String option) {
        return url.toUpperCase(Locale.ROOT).contains(";" + option + "=");
    }
}
