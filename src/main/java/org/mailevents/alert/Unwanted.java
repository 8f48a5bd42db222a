package org.mailevents.alert;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.alert.Recipients.Recipient;
import org.mailevents.answer.Act;

/**
 * Leaves out who does not want a mail of an incident: whoever has muted everything that the mail reports, or wants a digest instead. The
 * recipient who takes care of the incident needs no mail that says so.
 */
final class Unwanted {

    private static final String PLACES = "SELECT DISTINCT e.cause, LOWER(SUBSTRING(e.recipient FROM POSITION('@' IN e.recipient) + 1))"
            + " AS domain FROM mail_event e ";

    /** A cause and a destination of bounces; of a mute, null stands for every one. */
    private record Place(String cause, String domain) {

        boolean includes(Place other) {
            return (cause == null || cause.equals(other.cause)) && (domain == null || domain.equals(other.domain));
        }
    }

    private record Mute(String recipient, String cause, String domain) {

        Place place() {
            return new Place(cause, domain);
        }
    }

    private Unwanted() {
    }

    /** @return those of the recipients who want the mail, in the same order */
    static List<Recipient> without(Handle handle, Row mail, List<Recipient> recipients) {
        if (mail.incident() == null) {
            return recipients;
        }
        Set<String> unwanting = new HashSet<>(muting(handle, mail));
        boolean urgent = mail.about() != null;
        if (!urgent) {
            unwanting.addAll(wantingLess(handle, mail));
        }
        if (mail.what().equals(IncidentPhase.ACKNOWLEDGED.toString())) {
            unwanting.addAll(names(handle, "SELECT LOWER(acknowledged_by) FROM alert_incident WHERE incident_id = ?"
                    + " AND acknowledged_by IS NOT NULL", mail.incident()));
        }
        return recipients.stream().filter(recipient -> !unwanting.contains(name(recipient))).toList();
    }

    /** The recipient as answers name it: the address in lower case, or the name of the channel. */
    private static String name(Recipient recipient) {
        return recipient.address().isEmpty() ? recipient.channel() : recipient.address().toLowerCase(Locale.ROOT);
    }

    private static List<String> names(Handle handle, String sql, Object... parameters) {
        return handle.select(sql, parameters).mapTo(String.class).list();
    }

    /** Whoever got an urgent mail of the incident also hears who takes care of it and when it is over, but gets no updates. */
    private static Set<String> wantingLess(Handle handle, Row mail) {
        Set<String> wantingLess = new HashSet<>(names(handle, "SELECT LOWER(recipient) FROM alert_answer WHERE what = ? AND audience = ?"
                + " AND undone_at IS NULL", Act.LESS_OFTEN.toString(), mail.audience()));
        if (!wantingLess.isEmpty() && !mail.what().equals(IncidentPhase.UPDATE.toString())) {
            wantingLess.removeAll(names(handle, "SELECT LOWER(CASE WHEN d.recipient = '' THEN d.channel ELSE d.recipient END)"
                    + " FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id WHERE m.incident_id = ? AND m.about IS NOT NULL"
                    + " AND d.sent_at IS NOT NULL", mail.incident()));
        }
        return wantingLess;
    }

    private static Set<String> muting(Handle handle, Row mail) {
        Map<String, List<Place>> mutes = handle.select("SELECT LOWER(recipient) AS recipient, cause, domain FROM alert_answer"
                + " WHERE what = ? AND audience = ? AND undone_at IS NULL AND (until_time > ? OR until_time IS NULL AND incident_id = ?)",
                Act.MUTE.toString(), mail.audience(), mail.madeAt(), mail.incident()).mapTo(Mute.class).stream()
                .collect(Collectors.groupingBy(Mute::recipient, Collectors.mapping(Mute::place, Collectors.toList())));
        if (mutes.isEmpty()) {
            return Set.of();
        }
        List<Place> reported = reported(handle, mail);
        return mutes.entrySet().stream().filter(each -> !reported.isEmpty() && reported.stream()
                .allMatch(place -> each.getValue().stream().anyMatch(muted -> muted.includes(place))))
                .map(Map.Entry::getKey).collect(Collectors.toSet());
    }

    /** What the mail reports. A mail without new bounces, such as the all-clear, is about all of its incident. */
    private static List<Place> reported(Handle handle, Row mail) {
        List<Place> news = handle.select(PLACES + "WHERE e.alert_id = ?", mail.mail()).mapTo(Place.class).list();
        return !news.isEmpty() ? news : handle.select(PLACES + "JOIN alert_mail m ON m.mail_id = e.alert_id WHERE m.incident_id = ?",
                mail.incident()).mapTo(Place.class).list();
    }
}
