package org.mailevents.database;

import java.util.Locale;
import java.util.Map;
import org.mailevents.settings.Settings;

/** The JDBC URL in {@code database.url}, with the options that Mail Events needs. */
final class DatabaseUrl {

    /**
     * The SQL of Mail Events needs the mode. The promise needs the write delay of 0: by default H2 writes a commit to its file up to half a
     * second later, and a killed process would lose acknowledged rows. By default H2 keeps eight parsed statements for each connection, and
     * Mail Events runs some forty again and again.
     */
    private static final Map<String, String> H2_OPTIONS = Map.of("MODE", "PostgreSQL", "WRITE_DELAY", "0", "QUERY_CACHE_SIZE", "64");

    private DatabaseUrl() {
    }

    static boolean isH2(Settings settings) {
        return isH2(settings.required("database.url"));
    }

    static boolean isH2(String url) {
        return url.startsWith("jdbc:h2:");
    }

    /** The class of the JDBC driver for a complete URL. */
    static String driver(String url) {
        return isH2(url) ? "org.h2.Driver" : "org.postgresql.Driver";
    }

    /**
     * @param url of H2 or PostgreSQL
     * @return an H2 URL with the options that it lacks; a PostgreSQL URL unchanged
     */
    static String complete(String url) {
        if (url.startsWith("jdbc:postgresql:")) {
            return url;
        }
        if (!isH2(url)) {
            throw new IllegalArgumentException("Set database.url to a URL that begins with jdbc:postgresql: or jdbc:h2:");
        }
        // AUTO_SERVER opens a port for other processes, and only processes of this machine may use it
        System.setProperty("h2.bindAddress", "127.0.0.1");
        StringBuilder complete = new StringBuilder(url);
        H2_OPTIONS.forEach((option, value) -> complete.append(option(url, option, value)));
        // By default H2 closes its file as soon as the process is told to stop, before the webhooks in flight are stored. The pool closes
        // the file in time. H2 refuses this option together with AUTO_SERVER: there, the webhooks in flight go to the spool.
        return complete.append(has(url, "AUTO_SERVER") ? "" : option(url, "DB_CLOSE_ON_EXIT", "FALSE")).toString();
    }

    private static String option(String url, String option, String value) {
        return has(url, option) ? "" : ";" + option + "=" + value;
    }

    private static boolean has(String url, String option) {
        return url.toUpperCase(Locale.ROOT).contains(";" + option + "=");
    }
}
