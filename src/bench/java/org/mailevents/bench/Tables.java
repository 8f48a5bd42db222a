package org.mailevents.bench;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.mailevents.support.TestDatabase;

/**
 * The empty tables and the big tables, in two schemas that swap their names. The schema in use is {@code public}, so that a connected
 * server notices nothing.
 */
final class Tables {

    private static final int WORKERS = 2;

    /** Two events for each message: queued, and its result. 3 % of the events are bounces whose alerts have been sent. */
    private static final String INSERT = """
            INSERT INTO mail_event (event_id, event_type, status, kind, audience, message_id, recipient, sender, return_path, subject,
                    api_data, reason, enhanced_code, source_ip, sender_ip, server_composition, occurred_at, created_text, received_at,
                    alert_state, alert_id)
            SELECT gen_random_uuid(), CASE WHEN bounce THEN 'bounces' ELSE 'deliveries' END,
                    CASE WHEN bounce THEN '2' WHEN i %% 2 = 0 THEN 'queued' ELSE 'succeeded' END,
                    CASE WHEN bounce THEN 'permanent, address' END, CASE WHEN bounce THEN 'list-owner' END,
                    '<' || md5((i / 2)::text)::uuid || '@mta01.example.com>', 'user' || lpad((i / 2 %% %1$d)::text, 6, '0')
                    || '@example.jp',
                    'news@shop.example.com', 'news@return.pro.smtps.jp', '【テスト】秋のお知らせ', 'ORDER-' || i / 2,
                    CASE WHEN bounce THEN '550 5.1.1 The mailbox does not exist' ELSE '' END, CASE WHEN bounce THEN '5.1.1' END,
                    CASE WHEN i %% 2 = 0 THEN '192.0.2.10' ELSE '' END, CASE WHEN i %% 2 = 1 THEN '198.51.100.7' ELSE '' END, 'pro',
                    at, to_char(at, 'YYYY-MM-DD HH24:MI:SS'), at + interval '1 second',
                    CASE WHEN bounce THEN 'sent' END, CASE WHEN bounce THEN md5((i / 5000)::text)::uuid END
            FROM (SELECT i, i %% 33 = 0 AS bounce, now() - interval '1 day' - (%4$d - i) * interval '2 second' AS at
                  FROM generate_series(%2$d::bigint, %3$d::bigint) AS i) AS events""";

    private final TestDatabase database;
    private boolean big;

    Tables(TestDatabase database) {
        this.database = database;
        migrate();
    }

    TestDatabase database() {
        return database;
    }

    private void migrate() {
        Flyway.configure().dataSource(database.url(), database.username(), database.password())
                .placeholders(Map.of("bounces-only", "WHERE event_type = 'bounces'")).load().migrate();
    }

    /** Fills the tables as years of webhooks do. The indexes are created last, which is several times as fast. */
    void fillBig(long rows) {
        Map<String, String> key = database.row("""
                SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
                WHERE conrelid = 'mail_event'::regclass AND contype = 'p'""");
        database.execute("ALTER TABLE mail_event DROP CONSTRAINT " + key.get("conname"));
        List<Map<String, String>> indexes = database.rows("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'mail_event'");
        indexes.forEach(index -> database.execute("DROP INDEX " + index.get("indexname")));
        IntStream.range(0, WORKERS).parallel().forEach(worker -> database.execute(
                INSERT.formatted(Driver.RECIPIENTS, rows * worker / WORKERS + 1, rows * (worker + 1) / WORKERS, rows)));
        database.execute("ALTER TABLE mail_event ADD CONSTRAINT " + key.get("conname") + " " + key.get("definition"));
        indexes.forEach(index -> database.execute(index.get("indexdef")));
        database.execute("VACUUM ANALYZE mail_event");
        // so that Mail Events does not count these events during the benchmark
        database.execute("UPDATE event_counted SET until_time = now()");
        database.execute("CHECKPOINT");
        database.execute("ALTER SCHEMA public RENAME TO big; CREATE SCHEMA public");
        migrate();
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
