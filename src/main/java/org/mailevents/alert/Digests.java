package org.mailevents.alert;

import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.database.Database;
import org.mailevents.digest.DigestQueries;
import org.mailevents.digest.DigestSchedule;
import org.mailevents.log.FailureText;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the digests that are due into the outbox. The id of a digest is made of its audience and its time, so several processes make it
 * once. After an outage, one digest sums up the whole time since the digest before it. A time in which nothing happened has a row too, so
 * that it is not looked at again.
 */
final class Digests {

    private static final Logger LOG = LoggerFactory.getLogger("make-digests");

    /** The kind of a row of alert_mail for a time with nothing to say. */
    static final String NOTHING = "no-digest";

    /** Webhooks that are received just before the time of a digest are stored until then. */
    private static final Duration STORING = Duration.ofSeconds(30);
    /** While webhooks wait in the spool, a digest waits for them, but no longer than this. */
    private static final Duration SPOOLED = Duration.ofHours(1);
    private static final Duration LONGEST = Duration.ofDays(28);
    private static final Duration RETRY = Duration.ofMinutes(1);
    private static final LocalTime NINE = LocalTime.of(9, 0);
    /** When the recipients get their digests who have chosen how often. */
    private static final Map<String, DigestSchedule> CHOSEN = Map.of(DigestPeriod.DAILY, new DigestSchedule(null, NINE),
            DigestPeriod.WEEKLY, new DigestSchedule(DayOfWeek.MONDAY, NINE));

    private final Jdbi jdbi;
    private final Spool spool;
    private final Clock clock;
    private final ZoneId zone;
    private final Map<String, DigestSchedule> ofAudiences;
    private final DigestQueries queries;
    private final AlertOutbox outbox;
    /** The last time of each plan for which nothing is left to do. */
    private final Map<Plan, Instant> done = new HashMap<>();
    private Instant failedAt = Instant.EPOCH;

    /** @param ofAudiences the schedules of the audiences that have one */
    Digests(Jdbi jdbi, Spool spool, Clock clock, ZoneId zone, Map<String, DigestSchedule> ofAudiences, DigestQueries queries,
            AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.spool = spool;
        this.clock = clock;
        this.zone = zone;
        this.ofAudiences = ofAudiences;
        this.queries = queries;
        this.outbox = outbox;
    }

    /** @param audience null for all audiences */
    private record Plan(String name, String audience, DigestSchedule schedule) {
    }

    /** An outage of the database is not an error here, because it is logged elsewhere and the next round comes soon. */
    void makeDue() {
        Instant now = clock.instant();
        if (!failedAt.isAfter(now) && failedAt.plus(RETRY).isAfter(now)) {
            return;
        }
        try {
            ofAudiences.forEach((audience, schedule) -> once(new Plan(DigestPeriod.AUDIENCE, audience, schedule),
                    time -> make(DigestPeriod.AUDIENCE, audience, schedule, time, Instant.EPOCH)));
            CHOSEN.forEach((name, schedule) -> once(new Plan(name, null, schedule), time -> makeChosen(name, schedule, time)));
        } catch (JdbiException e) {
            if (!Database.isAbsent(e)) {
                failedAt = now;
                LOG.error("The digests are delayed: {}", FailureText.describe(e));
            }
        }
    }

    private interface Work {
        void at(Instant time);
    }

    private void once(Plan plan, Work work) {
        Instant stored = clock.instant().minus(STORING);
        Instant time = plan.schedule().latest(stored, zone);
        if (!time.equals(done.get(plan)) && (!time.plus(SPOOLED).isAfter(stored) || spool.isEmpty())) {
            work.at(time);
            done.put(plan, time);
        }
    }

    /** @param since when the first of its recipients has chosen */
    private record Chosen(String audience, Instant since) {
    }

    private void makeChosen(String name, DigestSchedule schedule, Instant until) {
        List<Chosen> audiences = jdbi.withHandle(handle -> handle.select("SELECT audience, MIN(answered_at) AS since FROM alert_answer"
                + " WHERE what = 'less-often' AND frequency = ? AND undone_at IS NULL AND answered_at < ? GROUP BY audience", name, until)
                .mapTo(Chosen.class).list());
        audiences.forEach(chosen -> make(name, chosen.audience(), schedule, until, chosen.since()));
    }

    /** @param since a recipient has wanted this digest since then */
    private void make(String plan, String audience, DigestSchedule schedule, Instant until, Instant since) {
        Optional<Instant> last = last(plan, audience);
        if (last.isPresent() && !last.get().isBefore(until)) {
            return; // also if the clock was set back
        }
        if (last.isEmpty() && plan.equals(DigestPeriod.AUDIENCE)) {
            add(NOTHING, audience, new DigestPeriod(plan, until, until)); // the first digest comes at the next time
            return;
        }
        Instant wanted = earlier(since, schedule.before(until, zone));
        Instant from = later(later(last.orElse(Instant.EPOCH), wanted), until.minus(LONGEST));
        add(queries.count(audience, from, until).areNews() ? Digest.WHAT : NOTHING, audience, new DigestPeriod(plan, from, until));
    }

    /** The end of the last digest. One that was made while the clock was wrong does not count. */
    private Optional<Instant> last(String plan, String audience) {
        return jdbi.withHandle(handle -> handle.select("SELECT about FROM alert_mail WHERE what IN (?, ?) AND audience = ? AND about LIKE ?"
                + " AND made_at <= ? ORDER BY made_at DESC LIMIT 1", Digest.WHAT, NOTHING, audience, plan + " %",
                clock.instant().plus(AlertPolicy.MAX_SKEW)).mapTo(String.class).findFirst())
                .map(about -> DigestPeriod.parse(about).until());
    }

    /** Deletes the digests that were made while the clock was ahead. Otherwise the digests of these times would not be made again. */
    static void forgetMadeAfter(Handle handle, Instant latest) {
        handle.execute("DELETE FROM alert_delivery WHERE mail_id IN (SELECT mail_id FROM alert_mail WHERE what IN (?, ?) AND made_at > ?)",
                Digest.WHAT, NOTHING, latest);
        handle.execute("DELETE FROM alert_mail WHERE what IN (?, ?) AND made_at > ?", Digest.WHAT, NOTHING, latest);
    }

    private void add(String what, String audience, DigestPeriod period) {
        Row row = new Row(Row.id(Digest.WHAT, audience, period.plan(), period.until()), null, null, audience, what, period.toString(),
                clock.instant());
        jdbi.useTransaction(handle -> outbox.add(handle, row));
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
