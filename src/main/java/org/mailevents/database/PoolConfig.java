package org.mailevents.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.DriverDataSource;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;
import org.mailevents.settings.Settings;

/** The configuration of the connection pool (HikariCP). */
final class PoolConfig {

    /**
     * Connections beside those of the INSERTs: eight for requests to the API, because RequestGate lets in eight. The others are for alerts,
     * for background jobs and for steps of a team's own routes.
     */
    private static final int OTHER_CONNECTIONS = 18;

    /**
     * The shortest that HikariCP allows. The pool always waits its whole timeout, even if the server refuses each of its attempts. {@link
     * Database} waits again if no attempt has failed.
     */
    private static final int CONNECTION_TIMEOUT_MILLIS = 250;

    /** Seconds that PostgreSQL has to accept a connection: TCP, TLS and login. */
    private static final Map<String, String> LOGIN_TIMEOUTS = Map.of("connectTimeout", "2", "loginTimeout", "2");

    /**
     * A machine that is lost in the middle of a transaction cannot close its connection. PostgreSQL would keep the locks of the transaction
     * for hours, until TCP gives up, and the other processes could not mail the bounces that are locked.
     */
    private static final String END_ABANDONED_TRANSACTIONS = "SET idle_in_transaction_session_timeout = '10s'";

    /**
     * With a dozen partitions, PostgreSQL's default of 1000 makes it start parallel processes for the few rows of a message or an address.
     * That takes tens of milliseconds, and the query itself takes one.
     */
    private static final String FEW_PARALLEL_QUERIES = "SET parallel_setup_cost = 10000";

    private PoolConfig() {
    }

    static HikariConfig of(Settings settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("mail-events");
        config.setJdbcUrl(DatabaseUrl.complete(settings.required("database.url")));
        // By name, because the drivers that the Camel CLI downloads are not known to DriverManager.
        config.setDriverClassName(DatabaseUrl.driver(config.getJdbcUrl()));
        config.setUsername(settings.text("database.username"));
        config.setPassword(settings.text("database.password"));
        config.setMaximumPoolSize(Database.writers(settings) + OTHER_CONNECTIONS);
        config.setMinimumIdle(2);
        config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
        config.setValidationTimeout(1_500);
        config.setInitializationFailTimeout(-1);
        if (DatabaseUrl.isH2(config.getJdbcUrl())) {
            // H2 closes its file with the last connection and opens it again with the next one: each connection stays open
            config.setMaxLifetime(0);
            config.setIdleTimeout(0);
            config.setMinimumIdle(0);
        } else {
            // PostgreSQL's error details quote the row that failed, and no address may be logged
            config.addDataSourceProperty("logServerErrorDetail", "false");
            // a server that no longer answers must not hold a webhook or an alert for long, nor the stop, which ends after 8 s
            LOGIN_TIMEOUTS.forEach(config::addDataSourceProperty);
            config.addDataSourceProperty("socketTimeout", "5");
            config.addDataSourceProperty("tcpKeepAlive", "true");
            config.setConnectionInitSql(END_ABANDONED_TRANSACTIONS + ";" + FEW_PARALLEL_QUERIES);
        }
        return config;
    }

    /** Connections of the same database that do not come from the pool. */
    static DataSource withoutPool(HikariConfig config) {
        Properties properties = new Properties();
        properties.putAll(DatabaseUrl.isH2(config.getJdbcUrl()) ? Map.of() : LOGIN_TIMEOUTS);
        return new DriverDataSource(config.getJdbcUrl(), config.getDriverClassName(), properties, config.getUsername(),
                config.getPassword());
    }
}
