package org.mailevents.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.mailevents.event.MailEvent;
import org.mailevents.reconcile.VendorApi.DayCount;
import org.mailevents.reconcile.VendorList.Mark;

/** What reconciliation keeps in the database: its days, how far it is with them, and what it knows of the vendor. */
final class ReconciledDays {

    /** Longer than the attempts of one call with their pauses. */
    private static final Duration LEASE = Duration.ofMinutes(5);
    /** The vendor keeps its logs for 40 days, so nothing of an older day can be listed. */
    private static final int KEPT_DAYS = 60;

    private final Jdbi jdbi;
    private final UUID process = UUID.randomUUID();

    ReconciledDays(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * A day, as it was compared last.
     *
     * @param stored   how many of its events are stored or in the spool, after the repair
     * @param vendor   how many events the vendor has; null if it was not asked
     * @param repaired how many missing events came from the vendor's list, in all runs
     * @param missing  how many events the vendor has that are not stored
     * @param complete whether it is proved that nothing is missing
     * @param remark   why the day is not complete, or null
     */
    record Day(LocalDate mailDay, long stored, Long vendor, long repaired, long missing, Instant lookedAt, boolean complete,
            String remark) {

        /** The same day, which could not be looked at again. */
        Day remarked(String reason) {
            return complete ? this : new Day(mailDay, stored, vendor, repaired, missing, lookedAt, false, reason);
        }
    }

    /**
     * How many records of a part of a day are listed and judged.
     *
     * @param part     {@code bounces}, {@code day}, or an hour from {@code 00} to {@code 23}
     * @param nextPage the page with which the listing goes on; null if all pages are listed
     * @param pageRows how many records its pages have; null if all pages are listed
     */
    record Part(String part, long queued, long succeeded, long failed, long bounced, Integer nextPage, Integer pageRows) {

        /** @param next where the listing goes on; null if all pages are listed */
        static Part of(String part, long queued, long succeeded, long failed, long bounced, Mark next) {
            return new Part(part, queued, succeeded, failed, bounced, next == null ? null : next.page(),
                    next == null ? null : next.rows());
        }

        boolean isListed() {
            return nextPage == null;
        }

        Mark next() {
            return new Mark(nextPage, pageRows);
        }

        DayCount deliveries() {
            return new DayCount(queued, succeeded, failed);
        }

        /** The part with further pages. */
        Part plus(Part more) {
            return new Part(part, queued + more.queued, succeeded + more.succeeded, failed + more.failed, bounced + more.bounced,
                    more.nextPage, more.pageRows);
        }
    }

    private record State(Long offsetSeconds, long records, long bounces, LocalDate fromDay, LocalDate untilDay, boolean daysAgree) {

        Calibration calibration() {
            return new Calibration(offsetSeconds == null ? null : Duration.ofSeconds(offsetSeconds), records, bounces, fromDay, untilDay,
                    daysAgree);
        }
    }

    /** Begins or goes on; false if another process reconciles now. */
    boolean hold(Instant now) {
        return jdbi.withHandle(handle -> handle.execute("UPDATE reconciliation SET held_by = ?, held_until = ?"
                + " WHERE held_by = ? OR held_until < ?", process, now.plus(LEASE), process, now)) == 1;
    }

    void release(Instant now) {
        jdbi.useHandle(handle -> handle.execute("UPDATE reconciliation SET held_by = NULL, held_until = ? WHERE held_by = ?", now,
                process));
    }

    /** The time of the schedule whose run has ended. */
    Optional<Instant> ranFor() {
        return jdbi.withHandle(handle -> handle.select("SELECT ran_for FROM reconciliation").mapTo(Instant.class).findOne());
    }

    /** Also deletes what is too old to be of use. */
    void saveRun(Instant scheduled, LocalDate today) {
        jdbi.useTransaction(handle -> {
            handle.execute("UPDATE reconciliation SET ran_for = ?", scheduled);
            LocalDate oldest = today.minusDays(KEPT_DAYS);
            handle.execute("DELETE FROM reconciled_part WHERE mail_day < ?", oldest);
            handle.execute("DELETE FROM repaired_event WHERE mail_day < ?", oldest);
            handle.execute("DELETE FROM vendor_call WHERE call_day < ?", oldest);
        });
    }

    Calibration calibration() {
        return jdbi.withHandle(handle -> handle.select("SELECT offset_seconds, records, bounces, from_day, until_day, days_agree"
                + " FROM reconciliation").mapTo(State.class).one().calibration());
    }

    void save(Calibration known) {
        jdbi.useHandle(handle -> handle.execute("UPDATE reconciliation SET offset_seconds = ?, records = ?, bounces = ?, from_day = ?,"
                + " until_day = ?, days_agree = ?", known.offset().toSeconds(), known.records(), known.bounces(), known.from(),
                known.until(), known.daysAgree()));
    }

    Optional<String> refusal() {
        return jdbi.withHandle(handle -> handle.select("SELECT refusal FROM reconciliation").mapTo(String.class).findOne());
    }

    /** @param reason null if all days of the run could be repaired */
    void saveRefusal(String reason) {
        jdbi.useHandle(handle -> handle.execute("UPDATE reconciliation SET refusal = ?", reason));
    }

    Optional<Day> day(LocalDate day) {
        return jdbi.withHandle(handle -> handle.select("SELECT * FROM reconciled_day WHERE mail_day = ?", day).mapTo(Day.class).findOne());
    }

    /** The days since a day, the newest first. */
    List<Day> since(LocalDate first) {
        return jdbi.withHandle(handle -> handle.select("SELECT * FROM reconciled_day WHERE mail_day >= ? ORDER BY mail_day DESC", first)
                .mapTo(Day.class).list());
    }

    void save(Day day) {
        jdbi.useTransaction(handle -> {
            handle.execute("DELETE FROM reconciled_day WHERE mail_day = ?", day.mailDay());
            handle.execute("INSERT INTO reconciled_day (mail_day, stored, vendor, repaired, missing, looked_at, complete, remark)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)", day.mailDay(), day.stored(), day.vendor(), day.repaired(), day.missing(),
                    day.lookedAt(), day.complete(), day.remark());
        });
    }

    /** The parts of a day of which pages have been listed and repaired. */
    Map<String, Part> parts(LocalDate day) {
        return jdbi.withHandle(handle -> handle.select("SELECT part, queued, succeeded, failed, bounced, next_page, page_rows"
                + " FROM reconciled_part WHERE mail_day = ?", day).mapTo(Part.class).collect(Collectors.toMap(Part::part, part -> part)));
    }

    void save(LocalDate day, Part part) {
        jdbi.useTransaction(handle -> {
            handle.execute("DELETE FROM reconciled_part WHERE mail_day = ? AND part = ?", day, part.part());
            handle.execute("INSERT INTO reconciled_part (mail_day, part, queued, succeeded, failed, bounced, next_page, page_rows)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)", day, part.part(), part.queued(), part.succeeded(), part.failed(),
                    part.bounced(), part.nextPage(), part.pageRows());
        });
    }

    /** Lets a day be listed again. */
    void forgetParts(LocalDate day) {
        jdbi.useHandle(handle -> handle.execute("DELETE FROM reconciled_part WHERE mail_day = ?", day));
    }

    /** Notes events before they go to the spool. If the process is killed in between, the next run finds them missing again. */
    void noteRepaired(LocalDate day, Collection<MailEvent> events) {
        jdbi.useTransaction(handle -> noteRepaired(handle, day, events));
    }

    private static void noteRepaired(Handle handle, LocalDate day, Collection<MailEvent> events) {
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO repaired_event (event_id, mail_day, occurred_at) VALUES (?, ?, ?)"
                + " ON CONFLICT DO NOTHING")) {
            events.forEach(event -> insert.add(event.eventId(), day, event.occurredAt()));
            insert.execute();
        }
    }

    /** How many events of a day were repaired in all runs. */
    long repaired(LocalDate day) {
        return jdbi.withHandle(handle -> handle.select("SELECT COUNT(*) FROM repaired_event WHERE mail_day = ?", day).mapTo(long.class)
                .one());
    }

    /** @param events how many events of the hour were repaired */
    record Hour(LocalDate mailDay, Instant start, long events) {
    }

    /** The hours in which repaired events happened, since a day. */
    List<Hour> repairedHours(LocalDate first) {
        return jdbi.withHandle(handle -> handle.select("SELECT mail_day, start, COUNT(*) AS events FROM (SELECT mail_day,"
                + " DATE_TRUNC('hour', occurred_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS start FROM repaired_event WHERE mail_day >= ?)"
                + " AS hours GROUP BY mail_day, start ORDER BY mail_day, start", first).mapTo(Hour.class).list());
    }
}
