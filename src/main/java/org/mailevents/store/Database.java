package org.mailevents.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.flywaydb.core.Flyway;
import org.mailevents.operate.Settings;

/** The connection pool and the schema, on H2 or PostgreSQL. */
public final class Database {

    /** The name of the pool in the registry, as in {@code jdbc:dataSource}. */
    static final String NAME = "dataSource";

    /**
     * What the one SQL for both databases needs of H2, and what the promise needs: by default H2 writes up to half a second after
     * the commit, and a killed process would lose rows that were acknowledged.
     */
    private static final Map<String, String> H2_OPTIONS = Map.of("MODE", "PostgreSQL", "WRITE_DELAY", "0");

    private Database() {
    }

    /** The pool of this application, opened and its schema brought up to date by whoever asks first; it closes with the context. */
    public static DataSource of(CamelContext context) {
        DataSource open = context.getRegistry().lookupByNameAndType(NAME, DataSource.class);
        if (open == null) {
            open = open(new Settings(context));
            context.getRegistry().bind(NAME, open, null, "close");
        }
        return open;
    }

    private static HikariDataSource open(Settings settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("mail-events");
        config.setJdbcUrl(url(settings.required("database.url")));
        config.setUsername(settings.text("database.username"));
        config.setPassword(settings.text("database.password"));
        config.setConnectionTimeout(2_000);
        // PostgreSQL's details quote the row that failed, and no address belongs into a log
        if (config.getJdbcUrl().startsWith("jdbc:postgresql:")) {
            config.addDataSourceProperty("logServerErrorDetail", "false");
            // a server that no longer answers must not hold a webhook, or the alerts, for ever
            config.addDataSourceProperty("socketTimeout", "30");
            config.addDataSourceProperty("tcpKeepAlive", "true");
        }
        HikariDataSource pool = connect(config);
        try {
            migrate(pool);
            return pool;
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private static HikariDataSource connect(HikariConfig config) {
        try {
            return new HikariDataSource(config);
        } catch (HikariPool.PoolInitializationException e) {
            throw new IllegalStateException("The database of database.url cannot be opened: does it run, is the password right, and does"
                    + " no other Mail Events run in this folder?", e);
        }
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
        H2_OPTIONS.forEach((option, value) -> {
            if (!url.toUpperCase(Locale.ROOT).contains(";" + option + "=")) {
                complete.append(';').append(option).append('=').append(value);
            }
        });
        return complete.toString();
    }

    private static void migrate(HikariDataSource pool) {
        // `camel run` compiles src/main/java and knows no resources
        Path sources = Path.of("src/main/resources/db/migration");
        boolean packaged = Database.class.getResource("/db/migration") != null;
        Flyway.configure(Database.class.getClassLoader())
                .dataSource(pool)
                .locations(packaged || !Files.isDirectory(sources) ? "classpath:db/migration" : "filesystem:" + sources)
                .failOnMissingLocations(true)
                .load()
                .migrate();
    }
}
