package org.mailevents.reconcile;

import java.time.Duration;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mailevents.event.MailEvent;
import org.mailevents.reconcile.StoredRecords.StoredRecord;

/**
 * How far the times of the vendor's lists are from those of its webhooks, on one day. The zone of the API is not documented, so listed and
 * stored records of the same fact are compared. An id is made of the time, so a wrong offset would store events a second time.
 */
final class Offsets {

    /** So many pairs must agree before the first offset is believed. */
    static final int ENOUGH = 50;

    private static final int HOPELESS = 10 * ENOUGH;
    private static final String HASHED = "h-[0-9a-f]{32}(?:@.*)?";

    private final LocalDate day;
    private final String serverComposition;
    /** How many pairs have each offset. */
    private final Map<Duration, Long> pairs = new TreeMap<>();
    private final Map<String, Long> pairsOfType = new HashMap<>();
    private final Set<String> contradictions = new HashSet<>();
    private boolean hashed;
    private long listed;

    Offsets(LocalDate day, String serverComposition) {
        this.day = day;
        this.serverComposition = serverComposition;
    }

    /**
     * Adds the records of a list.
     *
     * @param stored the stored events with the Message-IDs of the records
     */
    void add(String eventType, Collection<ListedRecord> listed, List<StoredRecord> stored) {
        this.listed += listed.size();
        if (listed.stream().anyMatch(ListedRecord::isVersion1)) {
            contradictions.add("The vendor's list has records of version 1, whose recipients may differ from those of the webhooks.");
        }
        Map<String, List<ListedRecord>> byFact = listed.stream().filter(Offsets::happensOnce)
                .collect(Collectors.groupingBy(ListedRecord::fact));
        Map<String, List<StoredRecord>> storedByFact = stored.stream().collect(Collectors.groupingBy(StoredRecord::fact));
        byFact.forEach((fact, records) -> {
            List<StoredRecord> same = storedByFact.getOrDefault(fact, List.of());
            if (records.size() == 1 && same.size() == 1) {
                add(eventType, records.get(0), same.get(0));
            }
        });
        hashed |= stored.stream().anyMatch(event -> event.recipient() != null && event.recipient().matches(HASHED));
    }

    /** A mail can be deferred several times with the same reply, and one of these webhooks can be missing. */
    private static boolean happensOnce(ListedRecord record) {
        return !"deferred".equals(record.event().status());
    }

    private void add(String eventType, ListedRecord listed, StoredRecord stored) {
        if (!serverComposition.equals(stored.serverComposition())) {
            contradictions.add("The webhooks name the server composition '" + stored.serverComposition()
                    + "'. Set vendor.server-composition to it if this is the right one.");
        } else if (stored.apiData() == null && listed.event().apiData() != null) {
            contradictions.add("The webhooks of " + day + " have the form of version 1, and the list has version 2. Choose version 2 in"
                    + " the vendor's console.");
        } else {
            pairs.merge(Duration.between(ListedRecord.created(stored.createdText()), listed.created()), 1L, Long::sum);
            pairsOfType.merge(eventType, 1L, Long::sum);
        }
    }

    /** The only offset of the day, if there is one. */
    private Optional<Duration> constant() {
        return pairs.size() == 1 ? Optional.of(pairs.keySet().iterator().next()) : Optional.empty();
    }

    private long count() {
        return pairs.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Whether so many records were listed, and none of them is stored, that listing more is of no use. */
    boolean isHopeless() {
        return count() == 0 && listed >= HOPELESS;
    }

    /** Why nothing of this day may be repaired, whatever is known from other days; empty if nothing contradicts. */
    Optional<String> contradiction() {
        if (pairs.size() > 1) {
            return Optional.of("The times of the vendor's list are not a constant time away from those of the webhooks: "
                    + pairs.entrySet().stream().limit(3).map(one -> one.getValue() + " records by " + one.getKey().toSeconds() + " s")
                    .collect(Collectors.joining(", ")) + ". Clocks may have been set forward or back on this day.");
        }
        return contradictions.stream().sorted().findFirst();
    }

    /** Why the offset of the day is not known. */
    String unknown() {
        return hashed && count() == 0
                ? "The stored recipients are hashes, and privacy.hash-recipients does not have the key with which they were made."
                : "Only " + count() + " records of the vendor's list are stored as well, and " + ENOUGH + " with one constant offset of"
                + " their times are needed.";
    }

    /**
     * What is known after this day.
     *
     * @param before what was known before
     * @return empty if the offset of this day is still not known
     */
    Optional<Calibration> conclude(Calibration before) {
        if (contradiction().isPresent()) {
            return Optional.empty();
        }
        Optional<Duration> offset = constant();
        if (offset.isEmpty()) {
            return before.covers(day) ? Optional.of(before) : Optional.empty();
        }
        if (before.isKnown() && offset.get().equals(before.offset())) {
            return Optional.of(before.confirmed(day, count(), pairsOfType(MailEvent.BOUNCES)));
        }
        return count() < ENOUGH ? Optional.empty()
                : Optional.of(new Calibration(offset.get(), count(), pairsOfType(MailEvent.BOUNCES), day, day, false));
    }

    private long pairsOfType(String eventType) {
        return pairsOfType.getOrDefault(eventType, 0L);
    }
}
