package org.mailevents.bench;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
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

    /** The big table has an event every two seconds until a day ago: 1.3 million in a month. */
    static final long PACE = 2;

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
                    to_timestamp(second) - interval '9 hours' + interval '1 second',
                    CASE WHEN bounce THEN 'sent' END, CASE WHEN bounce THEN CAST(md5(CAST(n / 5000 AS text)) AS uuid) END
            FROM (SELECT n, %4$s AS second, n %% 33 = 0 AS bounce, md5(CAST(n AS text)) AS hash
                  FROM generate_series(CAST(%5$d AS bigint), %6$d) AS n) AS events""";
    /** The layout of {@link org.mailevents.event.EventId#at}. */
    static final String ID_BY_TIME = "CAST(lpad(to_hex(second * 1000), 12, '0') || '8' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15)"
            + " AS uuid)";
    static final String ID_AT_RANDOM = "CAST(hash AS uuid)";

    private final TestDatabase database;
    /** The newest event of the big table is earlier than this. */
    private final Instant end = Instant.now().minus(1, ChronoUnit.DAYS);
    /** The youngest month that has yet to be filled. */
    private YearMonth next = YearMonth.from(end.atOffset(ZoneOffset.UTC));
    private long rows;
    private boolean big;

    Tables(TestDatabase database) {
        this.database = database;
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
        context.getPropertiesComponent().setOverrideProperties(settings);
        Database.open(new Settings(context), Meters.in(context), Clock.systemUTC()).close();
    }

    /**
     * Fills the big table with whole months of webhooks, from the newest month backwards, until it has at least this many rows. It creates
     * the indexes of a partition after its rows, which is several times as fast.
     *
     * @return how many rows the big table has
     */
    long fillBig(long atLeast) {
        use(true);
        Map<YearMonth, Long> months = new HashMap<>();
        for (; rows < atLeast; next = next.minusMonths(1)) {
            long size = Duration.between(start(next), earlier(start(next.plusMonths(1)), end)).toSeconds() / PACE;
            months.put(next, size);
            rows += size;
        }
        months.entrySet().parallelStream().forEach(month -> fill(month.getKey(), month.getValue()));
        database.execute("CHECKPOINT");
        use(false);
        return rows;
    }

    private void fill(YearMonth month, long size) {
        String partition = "mail_event_" + month.toString().replace("-", "") + "01";
        long first = start(month).getEpochSecond() / PACE;
        database.execute("DROP TABLE IF EXISTS " + partition);
        database.execute("CREATE TABLE " + partition + " (LIKE mail_event)");
        database.execute(insert(partition, ID_BY_TIME, "n * " + PACE, first, size));
        synchronized (this) {
            database.execute("ALTER TABLE mail_event ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')".formatted(partition,
                    EventId.lowest(start(month)), EventId.lowest(start(month.plusMonths(1)))));
        }
        database.execute("ANALYZE " + partition);
    }

    /** Adds rows of a time that has no partition, each received long ago. */
    void fillDefaultPartition(int size) {
        use(true);
        database.execute(insert(EventPartitions.DEFAULT, ID_BY_TIME, "n * " + PACE,
                Instant.parse("2015-10-21T00:00:00Z").getEpochSecond() / PACE, size));
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

    private static Instant start(YearMonth month) {
        return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
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
