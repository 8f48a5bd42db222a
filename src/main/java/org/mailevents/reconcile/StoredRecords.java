package org.mailevents.reconcile;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.EventId;
import org.mailevents.event.MailEvent;
import org.mailevents.reconcile.VendorApi.DayCount;

/** What is stored of the days that are reconciled. */
final class StoredRecords {

    /** A day may have millions of events, so it may take longer than the five seconds that other statements may take. */
    private static final int TIMEOUT_MILLIS = 120_000;

    private final Jdbi jdbi;
    private final String serverComposition;

    StoredRecords(Jdbi jdbi, String serverComposition) {
        this.jdbi = jdbi;
        this.serverComposition = serverComposition;
    }

    /** An event as far as a listed record is compared with it. A recipient is null if personal data was removed. */
    record StoredRecord(String messageId, String recipient, String status, String reason, String createdText, String apiData,
            String serverComposition) {

        String fact() {
            return ListedRecord.fact(messageId, recipient, status, reason);
        }

        private String likeness() {
            return StoredRecords.likeness(messageId, recipient, status, createdText);
        }
    }

    private record Count(String status, long events) {
    }

    /** How many events of a day are stored. */
    record Counts(DayCount deliveries, long bounces) {
    }

    /**
     * Counts the events of a day of the vendor. An id begins with the time as it was sent, so the ids of a day are neighbours.
     *
     * @param offset how far the vendor's days are ahead of the times of the webhooks
     */
    Counts count(LocalDate day, Duration offset) {
        LocalDateTime begin = day.atStartOfDay().minus(offset);
        Map<String, Long> counts = patiently(handle -> handle.select("SELECT CASE WHEN event_type = 'bounces' THEN 'bounced'"
                + " ELSE COALESCE(status, '') END AS status, COUNT(*) AS events FROM mail_event WHERE event_id >= ? AND event_id < ?"
                + " AND event_type IN ('deliveries', 'bounces') AND server_composition = ?"
                + " GROUP BY CASE WHEN event_type = 'bounces' THEN 'bounced' ELSE COALESCE(status, '') END",
                lowest(begin), lowest(begin.plusDays(1)), serverComposition).mapTo(Count.class)
                .collect(Collectors.toMap(Count::status, Count::events)));
        return new Counts(new DayCount(counts.getOrDefault("queued", 0L), counts.getOrDefault("succeeded", 0L),
                counts.getOrDefault("failed", 0L)), counts.getOrDefault("bounced", 0L));
    }

    private static UUID lowest(LocalDateTime created) {
        return EventId.lowest(created.toInstant(ZoneOffset.UTC));
    }

    /** The events of a type with the Message-IDs of these records, and with a time that can be read. */
    List<StoredRecord> of(String eventType, Collection<ListedRecord> listed) {
        return of(eventType, listed.stream().map(record -> record.event().messageId()));
    }

    private List<StoredRecord> of(String eventType, Stream<String> messageIds) {
        String[] ids = messageIds.distinct().toArray(String[]::new);
        return patiently(handle -> handle.select("SELECT message_id, recipient, status, reason, created_text, api_data,"
                + " server_composition FROM mail_event WHERE message_id = ANY (?) AND event_type = ? AND occurred_at IS NOT NULL",
                ids, eventType).mapTo(StoredRecord.class).list());
    }

    /** Those of the events that are not stored. */
    List<MailEvent> missing(Collection<MailEvent> events) {
        UUID[] ids = events.stream().map(MailEvent::eventId).toArray(UUID[]::new);
        Set<UUID> stored = new HashSet<>(patiently(handle -> handle.select("SELECT event_id FROM mail_event WHERE event_id = ANY (?)",
                (Object) ids).mapTo(UUID.class).list()));
        return events.stream().filter(event -> !stored.contains(event.eventId())).toList();
    }

    /** Whether an event is stored that differs from one of these only by its reason, or by the case of its recipient. */
    boolean hasOneLike(String eventType, Collection<MailEvent> missing) {
        Set<String> wanted = missing.stream().map(event -> likeness(event.messageId(), event.recipient(), event.status(),
                event.createdText())).collect(Collectors.toSet());
        return !missing.isEmpty() && of(eventType, missing.stream().map(MailEvent::messageId)).stream()
                .filter(event -> event.recipient() != null).map(StoredRecord::likeness).anyMatch(wanted::contains);
    }

    private static String likeness(String messageId, String recipient, String status, String createdText) {
        return ListedRecord.fact(messageId, recipient.toLowerCase(Locale.ROOT), status, createdText);
    }

    private <T> T patiently(Function<Handle, T> read) {
        try (Handle handle = jdbi.open()) {
            handle.getConnection().setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS); // the pool sets it back
            return read.apply(handle);
        } catch (SQLException e) {
            throw new ConnectionException(e);
        }
    }

    /** When the first event was received; empty before the first webhook. */
    Optional<Instant> first() {
        return jdbi.withHandle(handle -> handle.select("SELECT MIN(received_at) FROM mail_event").mapTo(Instant.class).findOne());
    }
}
