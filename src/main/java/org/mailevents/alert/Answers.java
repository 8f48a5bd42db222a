package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.answer.Act;
import org.mailevents.database.Withdrawn;

/**
 * What recipients answer to alerts, in the table {@code alert_answer}. Each act is a part of one transaction, which the caller begins. The
 * id of an answer is made of who answers what, and of the version of the page that asked. So a form that is sent twice answers once, also
 * to two processes, and a form that is sent again after its answer was undone answers nothing.
 */
final class Answers {

    /**
     * An SQL condition: the answers of a recipient, with the parameters act, audience, recipient and incident. A mute with an end holds in
     * all incidents, and a digest has nothing to do with one.
     */
    private static final String OF_RECIPIENT = "what = ? AND audience = ? AND recipient = ?"
            + " AND (what = 'less-often' OR until_time IS NOT NULL OR incident_id = ?)";
    /** How many combinations of cause and destination a page offers. */
    private static final int MAX_PLACES = 10;

    /** What the mails to the others say: a part of the ids of these mails. */
    private static final String ACKNOWLEDGED = IncidentPhase.ACKNOWLEDGED.toString();
    private static final String UNDONE = "undone";

    private final Clock clock;
    private final Recipients recipients;
    private final AlertOutbox outbox;

    /** @param outbox gets the mail that tells the others who takes care of an incident */
    Answers(Clock clock, Recipients recipients, AlertOutbox outbox) {
        this.clock = clock;
        this.recipients = recipients;
        this.outbox = outbox;
    }

    /**
     * The mail to which a recipient answers, and its incident. A digest has no incident.
     *
     * @param recipient the address, or the name of the channel
     * @param bounces   how many bounces the incident has so far
     */
    record Asked(UUID mailId, UUID incidentId, String audience, String recipient, Instant openedAt, Instant closedAt,
                 Instant acknowledgedAt, String acknowledgedBy, long bounces) {
    }

    /** How many bounces of an incident have one cause and one destination. */
    record Place(String cause, String domain, long count) {

        /** The name in a form. */
        String id() {
            return cause + "@" + domain;
        }

        boolean isOf(Given given) {
            return cause.equals(given.cause()) && domain.equals(given.domain());
        }
    }

    /**
     * An answer that holds. What does not belong to its act is null.
     *
     * @param untilTime the end of {@link Act#MUTE}; null means the end of the incident
     * @param frequency of {@link Act#LESS_OFTEN}: {@code daily} or {@code weekly}
     */
    record Given(UUID answerId, String cause, String domain, Instant untilTime, String frequency, Instant answeredAt) {
    }

    /**
     * The details of a new answer. What does not belong to its act is null.
     *
     * @param version of the page that asked, as {@link Answers#version} says
     * @param period  how long {@link Act#MUTE} lasts; null means until the incident is over
     */
    record Choice(String version, Place place, Duration period, String frequency) {
    }

    /** @return empty if the delivery was deleted, or if the act needs an incident and the mail is about none */
    Optional<Asked> asked(Handle handle, Act act, UUID delivery) {
        return handle.select("SELECT m.mail_id, i.incident_id, m.audience, CASE WHEN d.recipient = '' THEN d.channel ELSE d.recipient END"
                + " AS recipient, i.opened_at, i.closed_at, i.acknowledged_at, i.acknowledged_by, (SELECT COUNT(*) FROM mail_event e"
                + " JOIN alert_mail told ON told.mail_id = e.alert_id WHERE told.incident_id = i.incident_id) AS bounces"
                + " FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id"
                + " LEFT JOIN alert_incident i ON i.incident_id = m.incident_id WHERE d.delivery_id = ?", delivery).mapTo(Asked.class)
                .findOne().filter(asked -> act == Act.LESS_OFTEN || asked.incidentId() != null);
    }

    /** The most frequent causes and destinations of the incident. */
    List<Place> places(Handle handle, Asked asked) {
        return handle.select("SELECT e.cause, LOWER(SUBSTRING(e.recipient FROM POSITION('@' IN e.recipient) + 1)) AS domain,"
                + " COUNT(*) AS count FROM mail_event e JOIN alert_mail m ON m.mail_id = e.alert_id WHERE m.incident_id = ?"
                + " AND e.recipient IS NOT NULL GROUP BY 1, 2 ORDER BY count DESC, 1, 2 LIMIT " + MAX_PLACES, asked.incidentId())
                .mapTo(Place.class).list();
    }

    /** The answers of this recipient that hold now. */
    List<Given> given(Handle handle, Act act, Asked asked) {
        return handle.select("SELECT answer_id, cause, domain, until_time, frequency, answered_at FROM alert_answer WHERE " + OF_RECIPIENT
                + " AND undone_at IS NULL AND (until_time IS NULL OR until_time > ?) ORDER BY answered_at", act.toString(),
                asked.audience(), asked.recipient(), asked.incidentId(), clock.instant()).mapTo(Given.class).list();
    }

    private record Ended(long count, Instant last) {
    }

    /** Changes whenever an answer of this recipient ends, so that an earlier form cannot give the answer again. */
    String version(Handle handle, Act act, Asked asked) {
        Ended ended = handle.select("SELECT COUNT(*) AS count, MAX(COALESCE(undone_at, until_time)) AS last FROM alert_answer WHERE "
                + OF_RECIPIENT + " AND (undone_at IS NOT NULL OR until_time <= ?)", act.toString(), asked.audience(), asked.recipient(),
                asked.incidentId(), clock.instant()).mapTo(Ended.class).one();
        return ended.count() + "-" + (ended.last() == null ? 0 : ended.last().toEpochMilli());
    }

    /** @return whether something has changed; nothing does if the act holds already, or if its form was sent before */
    boolean answer(Handle handle, Act act, Asked asked, Choice choice) {
        Instant now = clock.instant();
        // Otherwise the version, which a caller may choose, would permit any number of answers.
        if (!choice.version().equals(version(handle, act, asked))) {
            return false;
        }
        if (act == Act.ACKNOWLEDGE && handle.execute("UPDATE alert_incident SET acknowledged_at = ?, acknowledged_by = ?"
                + " WHERE incident_id = ? AND acknowledged_at IS NULL AND closed_at IS NULL", now, asked.recipient(),
                asked.incidentId()) == 0) {
            return false;
        }
        if (act != Act.ACKNOWLEDGE && given(handle, act, asked).stream()
                .anyMatch(given -> choice.place() == null || choice.place().isOf(given))) {
            return false;
        }
        if (!insert(handle, act, asked, choice, now)) {
            handle.rollback();
            return false;
        }
        if (act == Act.ACKNOWLEDGE) {
            withdraw(handle, asked, now);
            tellOthers(handle, asked, ACKNOWLEDGED, now);
        }
        return true;
    }

    private boolean insert(Handle handle, Act act, Asked asked, Choice choice, Instant now) {
        String cause = choice.place() == null ? null : choice.place().cause();
        String domain = choice.place() == null ? null : choice.place().domain();
        UUID id = Row.id("answer", act, act == Act.LESS_OFTEN ? asked.audience() : asked.incidentId(), asked.recipient(), cause, domain,
                choice.version());
        return handle.execute("INSERT INTO alert_answer (answer_id, what, incident_id, audience, recipient, cause, domain, until_time,"
                + " frequency, answered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", id, act.toString(),
                asked.incidentId(), asked.audience(), asked.recipient(), cause, domain,
                choice.period() == null ? null : now.plus(choice.period()), choice.frequency(), now) == 1;
    }

    /**
     * The mails that wait for another recipient or channel are needless now. Whoever takes care of the incident still gets them, so that
     * each bounce is told. If that recipient is not among those of a mail that nobody has got yet, the mail stays.
     */
    private static void withdraw(Handle handle, Asked asked, Instant now) {
        handle.execute("UPDATE alert_delivery SET gave_up_at = ?, retry_at = NULL, failure = ? WHERE sent_at IS NULL AND gave_up_at IS NULL"
                + " AND mail_id IN (SELECT mail_id FROM alert_mail WHERE incident_id = ?)"
                + " AND CASE WHEN recipient = '' THEN channel ELSE recipient END <> ? AND EXISTS (SELECT 1 FROM alert_delivery told"
                + " WHERE told.mail_id = alert_delivery.mail_id AND (told.sent_at IS NOT NULL OR told.gave_up_at IS NULL"
                + " AND CASE WHEN told.recipient = '' THEN told.channel ELSE told.recipient END = ?))", now, Withdrawn.INCIDENT_TAKEN,
                asked.incidentId(), asked.recipient(), asked.recipient());
    }

    /** Nobody takes care of the incident any more, so the others need the mails that were withdrawn. */
    private static void reopen(Handle handle, Asked asked, Instant now) {
        handle.execute("UPDATE alert_delivery SET gave_up_at = NULL, retry_at = ?, failure = NULL WHERE failure = ? AND sent_at IS NULL"
                + " AND mail_id IN (SELECT mail_id FROM alert_mail WHERE incident_id = ?)", now, Withdrawn.INCIDENT_TAKEN,
                asked.incidentId());
    }

    /** Whoever has not heard yet that this recipient takes care of the incident needs no mail that says so any more. */
    private static void withdrawNews(Handle handle, Asked asked, Instant now) {
        handle.execute("UPDATE alert_delivery SET gave_up_at = ?, retry_at = NULL, failure = ? WHERE sent_at IS NULL"
                + " AND gave_up_at IS NULL AND mail_id = ?", now, Withdrawn.ANSWER_UNDONE,
                Row.id(ACKNOWLEDGED, asked.incidentId(), asked.recipient()));
    }

    /**
     * Whether the others hear of this answer, and so of its undoing. They hear each of the two once, see {@link #tellOthers}.
     *
     * @param answeredAt when the recipient answered that he or she takes care of the incident; null if there is no answer yet
     */
    boolean tellsOthers(Handle handle, Asked asked, Instant answeredAt) {
        return hasOthers(handle, asked) && handle.select("SELECT made_at FROM alert_mail WHERE mail_id = ?",
                Row.id(ACKNOWLEDGED, asked.incidentId(), asked.recipient())).mapTo(Instant.class).findOne()
                .map(told -> told.equals(answeredAt)).orElse(answeredAt == null);
    }

    private boolean hasOthers(Handle handle, Asked asked) {
        return !recipients.of(handle, news(asked, 0, ACKNOWLEDGED, clock.instant())).isEmpty();
    }

    /**
     * Adds the mail that says who takes care of the incident, or that nobody does any more. Each recipient can cause each of the two once,
     * so that nobody can send the others any number of mails.
     */
    private void tellOthers(Handle handle, Asked asked, String news, Instant now) {
        int number = 1 + handle.select("SELECT mails FROM alert_incident WHERE incident_id = ?", asked.incidentId()).mapTo(int.class).one();
        if (hasOthers(handle, asked) && outbox.add(handle, news(asked, number, news, now))) {
            handle.execute("UPDATE alert_incident SET mails = ? WHERE incident_id = ?", number, asked.incidentId());
        }
    }

    private static Row news(Asked asked, int number, String news, Instant now) {
        return new Row(Row.id(news, asked.incidentId(), asked.recipient()), asked.incidentId(), number,
                asked.audience(), IncidentPhase.ACKNOWLEDGED.toString(), null, now);
    }

    /** @return whether something has changed; nothing does if the answer was undone before, or was given by somebody else */
    boolean undo(Handle handle, Act act, Asked asked, UUID answer) {
        Instant now = clock.instant();
        boolean undone = handle.execute("UPDATE alert_answer SET undone_at = ? WHERE answer_id = ? AND what = ? AND audience = ?"
                + " AND recipient = ? AND undone_at IS NULL" + (act == Act.ACKNOWLEDGE ? " AND incident_id = ?" : ""),
                act == Act.ACKNOWLEDGE
                        ? new Object[] {now, answer, act.toString(), asked.audience(), asked.recipient(), asked.incidentId()}
                        : new Object[] {now, answer, act.toString(), asked.audience(), asked.recipient()}) == 1;
        if (undone && act == Act.ACKNOWLEDGE) {
            if (asked.closedAt() == null) {
                reopen(handle, asked, now);
                withdrawNews(handle, asked, now);
                if (tellsOthers(handle, asked, answeredAt(handle, answer))) {
                    tellOthers(handle, asked, UNDONE, now);
                }
            }
            release(handle, asked.incidentId());
        }
        return undone;
    }

    private static Instant answeredAt(Handle handle, UUID answer) {
        return handle.select("SELECT answered_at FROM alert_answer WHERE answer_id = ?", answer).mapTo(Instant.class).one();
    }

    /** Nobody works on the incident any more, so the next outage can be acknowledged again. */
    static boolean endAcknowledgement(Handle handle, UUID incident, Instant now) {
        handle.execute("UPDATE alert_answer SET undone_at = ? WHERE incident_id = ? AND what = ? AND undone_at IS NULL", now, incident,
                Act.ACKNOWLEDGE.toString());
        return release(handle, incident);
    }

    private static boolean release(Handle handle, UUID incident) {
        return handle.execute("UPDATE alert_incident SET acknowledged_at = NULL, acknowledged_by = NULL WHERE incident_id = ?",
                incident) == 1;
    }
}
