package org.mailevents.bench;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.mailevents.database.Database;
import org.mailevents.database.EventPartitions;
import org.mailevents.event.EventId;
import org.mailevents.metrics.Meters;
import org.mailevents.settings.Settings;
import org.mailevents.support.TestDatabase;

/**
 * The empty tables and the big tables, in two schemas that swap their names. The schema in use is {@code public}, so that a connected
 * server notices nothing.
 */
final class Tables {

    /** How the big table is partitioned, and how quickly it has grown. */
    enum Partitions {
        /** 1.3 million events in a month. */
        MONTH("n * 2", 0.5),
        /** 691,200 events in a day, so a month of them is far larger than the memory of the benchmark. */
        DAY("n / 8", 8);

        /** An SQL expression for the second in which the event n happened. */
        final String second;
        private final double eventsPerSecond;

        Partitions(String second, double eventsPerSecond) {
            this.second = second;
            this.eventsPerSecond = eventsPerSecond;
        }

        /** How many events happen from one time to another. */
        long events(Instant from, Instant until) {
            return (long) (Duration.between(from, until).toSeconds() * eventsPerSecond);
        }

        /** The number of the first event at or after a time. */
        long firstEvent(Instant time) {
            return (long) (time.getEpochSecond() * eventsPerSecond);
        }

        private LocalDate start(LocalDate day) {
            return this == DAY ? day : day.withDayOfMonth(1);
        }

        private LocalDate next(LocalDate start) {
            return this == DAY ? start.plusDays(1) : start.plusMonths(1);
        }
    }

    /**
     * Two events for each message: queued, and its result. 3 % of the events are bounces whose alerts have been sent. The event n has its
     * time from the number of its second, which {@code created} says in the time zone of Tokyo.
     */
    private static final String INSERT = """
            INSERT INTO %1$s (event_id, event_type, status, cause, dead, kind, audience, message_id, recipient, sender, return_path,
                    subject, api_data, reason, enhanced_code, source_ip, sender_ip, server_composition, occurred_at, created_text,
                    received_at, alert_state, alert_id)
            SELECT %2$s, CASE WHEN bounce THEN 'bounces' ELSE 'deliveries' END,
                    CASE WHEN bounce THEN '2' WHEN n %% 2 = 0 THEN 'queued' ELSE 'succeeded' END,
                    CASE WHEN bounce THEN 'unknown-user' END, CASE WHEN bounce THEN true END,
                    CASE WHEN bounce THEN 'permanent, address' END, CASE WHEN bounce THEN 'list-owner' END,
                    '<' || CAST(md5(CAST(n / 2 AS text)) AS uuid) || '@mta01.example.com>',
                    'user' || lpad(CAST(abs(hashint8(n / 2) %% %3$d) AS text), 6, '0') || '@example.jp',
                    'news@shop.example.com', 'news@return.pro.smtps.jp', '【テスト】秋のお知らせ', 'ORDER-' || n / 2,
                    CASE WHEN bounce THEN '550 5.1.1 The mailbox does not exist' ELSE '' END, CASE WHEN bounce THEN '5.1.1' END,
                    CASE WHEN n %% 2 = 0 THEN '192.0.2.10' ELSE '' END, CASE WHEN n %% 2 = 1 THEN '198.51.100.7' ELSE '' END, 'pro',
                    to_timestamp(second) - interval '9 hours', to_char(to_timestamp(second) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                    LEAST(to_timestamp(second) - interval '9 hours' + interval '1 second', now() - interval '1 minute'),
                    CASE WHEN bounce THEN 'sent' END, CASE WHEN bounce THEN CAST(md5(CAST(n / 5000 AS text)) AS uuid) END
            FROM (SELECT n, %4$s AS second, n %% 33 = 0 AS bounce, md5(CAST(n AS text)) AS hash
                  FROM generate_series(CAST(%5$d AS bigint), %6$d) AS n) AS events""";
    /** The layout of {@link org.mailevents.event.EventId#at}. */
    static final String ID_BY_TIME = "CAST(lpad(to_hex(second * 1000), 12, '0') || '8' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15)"
            + " AS uuid)";
    static final String ID_AT_RANDOM = "CAST(hash AS uuid)";

    private final TestDatabase database;
    private final Partitions partitions;
    /** The start of the partition that the events of the benchmark go into. */
    private final LocalDate newest;
    /** The start of the youngest partition that has yet to be filled. */
    private LocalDate next;
    private long rows;
    private boolean big;

    Tables(TestDatabase database, Partitions partitions) {
        this.database = database;
        this.partitions = partitions;
        this.newest = partitions.start(LocalDate.now(ZoneId.of("Asia/Tokyo")));
        this.next = partitions.start(newest.minusDays(1));
        migrate();
        // so that Mail Events does not count the events of the big table during the benchmark
        database.execute("UPDATE event_counted SET until_time = now()");
        database.execute("ALTER SCHEMA public RENAME TO big; CREATE SCHEMA public");
        migrate();
    }

    TestDatabase database() {
        return database;
    }

    /** Creates the tables as Mail Events does when it starts. */
    private void migrate() {
        CamelContext context = new DefaultCamelContext(); // is not started, because it only reads the settings
        context.getPropertiesComponent().setLocation("classpath:application.properties");
        Properties settings = new Properties();
        settings.putAll(database.settings());
        settings.put("store.partition", partitions.name().toLowerCase(Locale.ROOT));
        context.getPropertiesComponent().setOverrideProperties(settings);
        Database.open(new Settings(context), Meters.in(context), Clock.systemUTC()).close();
    }

    /**
     * Fills the big table with whole partitions, from the newest one backwards, until it has at least this many rows, and the newest
     * partition with {@link #fillNewest}. A partition gets its indexes after its rows, which is several times as fast.
     *
     * @return how many rows the big table has
     */
    long fillBig(long atLeast) {
        use(true);
        Map<LocalDate, Long> sizes = new HashMap<>();
        rows = Math.max(rows, rowsOfNewest());
        while (rows < atLeast) {
            long size = partitions.events(start(next), start(partitions.next(next)));
            sizes.put(next, size);
            rows += size;
            next = partitions.start(next.minusDays(1));
        }
        sizes.entrySet().parallelStream().forEach(size -> fill(size.getKey(), size.getValue()));
        fillNewest();
        database.execute("CHECKPOINT");
        use(false);
        return rows;
    }

    /**
     * Fills the newest partition anew, with half of its rows, as it has them in the middle of its time. Otherwise the events that the
     * benchmark itself has stored would make it several times as large as it ever is.
     */
    void fillNewest() {
        use(true);
        fill(newest, rowsOfNewest());
    }

    private long rowsOfNewest() {
        return partitions.events(start(newest), start(partitions.next(newest))) / 2;
    }

    private void fill(LocalDate start, long size) {
        String partition = "mail_event_" + start.toString().replace("-", "");
        database.execute("DROP TABLE IF EXISTS " + partition);
        database.execute("CREATE TABLE " + partition + " (LIKE mail_event)");
        database.execute(insert(partition, ID_BY_TIME, partitions.second, partitions.firstEvent(start(start)), size));
        synchronized (this) {
            database.execute("ALTER TABLE mail_event ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')".formatted(partition,
                    EventId.lowest(start(start)), EventId.lowest(start(partitions.next(start)))));
        }
        database.execute("ANALYZE " + partition);
    }

    /** Adds rows of a time that has no partition, each received long ago. */
    void fillDefaultPartition(int size) {
        use(true);
        database.execute(insert(EventPartitions.DEFAULT, ID_BY_TIME, partitions.second,
                partitions.firstEvent(Instant.parse("2015-10-21T00:00:00Z")), size));
        database.execute("ANALYZE mail_event_default");
    }

    /**
     * @param id     an SQL expression for the id
     * @param second an SQL expression for the second in which the event n happened
     * @param first  the number of the first event
     */
    static String insert(String table, String id, String second, long first, long size) {
        return INSERT.formatted(table, id, Driver.RECIPIENTS, second, first, first + size - 1);
    }

    private static Instant start(LocalDate day) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    /** Makes the big tables the ones in use, or the empty ones, and empties the latter. */
    void use(boolean big) {
        if (this.big != big) {
            database.execute("ALTER SCHEMA public RENAME TO " + (big ? "small" : "big") + "; ALTER SCHEMA " + (big ? "big" : "small")
                    + " RENAME TO public");
            this.big = big;
        }
        if (!big) {
            database.execute("TRUNCATE mail_event");
        }
    }

    /** How many events were received at this time or later. */
    long receivedSince(Instant time) {
        return Long.parseLong(database.row("SELECT count(*) AS events FROM mail_event WHERE received_at >= CAST('" + time
                + "' AS timestamp with time zone)").get("events"));
    }
}
