package org.mailevents.store;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * How long after the time in {@code created} the events of a time were received, and what that says about the time zone and the clocks.
 *
 * <p>Events may arrive late although all clocks are right: the vendor collects them, and repeats webhooks after an outage. Nothing makes an
 * event arrive early. So the promptest twentieth of the events tells how the clocks differ. The single promptest event does not decide,
 * because its time may be wrong. Even on a day with hours of outage, more than a twentieth of the events is prompt.
 *
 * @param events  how many events there are
 * @param future  how many of them name a time more than an hour after their receipt
 * @param minutes a twentieth of the events has a shorter delay than the end of this minute; negative if the time is in the future
 * @param quarter the same of a quarter of the events
 */
public record ReceiptDelay(long events, long future, int minutes, int quarter) {

    /** No events. */
    static final ReceiptDelay NONE = new ReceiptDelay(0, 0, 0, 0);

    /** Fewer events tell nothing. */
    private static final int ENOUGH = 20;
    private static final int HOUR = 60;
    /** A wrong zone shifts all events alike. What arrives over a longer time than this is late and not shifted. */
    private static final int ALIKE = 10;
    /** A clock may be wrong by so much beside a wrong zone. */
    private static final int BESIDE_HOURS = 5;
    private static final int DRIFT = 2;

    /** What the delays say. */
    public enum State {
        /** There are too few events. */
        UNKNOWN,
        /** The times fit. */
        FITS,
        /** The times are wrong by whole hours: a wrong zone. */
        ZONE,
        /** The times are wrong by some minutes: a wrong clock. */
        CLOCK,
        /** Even the promptest events were late, each by a different time. That says nothing about zone and clock. */
        LATE;

        /** The word for it in the API. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether somebody has to correct a setting or a clock. */
        public boolean isWrong() {
            return this == ZONE || this == CLOCK;
        }
    }

    /** @param delays how many events have a delay of so many whole minutes, rounded down */
    static ReceiptDelay of(SortedMap<Integer, Long> delays) {
        long events = delays.values().stream().mapToLong(Long::longValue).sum();
        if (events == 0) {
            return NONE;
        }
        long future = delays.headMap(-HOUR).values().stream().mapToLong(Long::longValue).sum();
        return new ReceiptDelay(events, future, quantile(delays, events / 20), quantile(delays, events / 4));
    }

    /** @param passed how many events have at most this delay, beside the next one */
    private static int quantile(SortedMap<Integer, Long> delays, long passed) {
        long seen = 0;
        for (Map.Entry<Integer, Long> delay : delays.entrySet()) {
            seen += delay.getValue();
            if (seen > passed) {
                return delay.getKey();
            }
        }
        return delays.lastKey();
    }

    /** What these delays say. */
    public State state() {
        if (events < ENOUGH) {
            return State.UNKNOWN;
        }
        boolean alike = quarter - minutes <= ALIKE;
        if (hours() != 0 && Math.abs(minutes - HOUR * hours()) <= BESIDE_HOURS && alike) {
            return State.ZONE;
        }
        if (minutes < -DRIFT || minutes >= DRIFT && alike) {
            return State.CLOCK;
        }
        return minutes >= DRIFT ? State.LATE : State.FITS;
    }

    /** The nearest number of whole hours by which the times are too early; negative if they are in the future. */
    public int hours() {
        return Math.round((float) minutes / HOUR);
    }

    /** The delay of the promptest twentieth, in seconds and rounded down to a minute. */
    public long seconds() {
        return 60L * minutes;
    }

    /** The offset from UTC in which the vendor probably writes {@code created}, if a zone is wrong. */
    public ZoneOffset probableOffset(ZoneId zone, Instant now) {
        int seconds = zone.getRules().getOffset(now).getTotalSeconds() - HOUR * HOUR * hours();
        return ZoneOffset.ofTotalSeconds(Math.max(-18 * HOUR * HOUR, Math.min(18 * HOUR * HOUR, seconds)));
    }

    /**
     * What to change, in one line.
     *
     * @param zone the setting {@code webhook.time-zone}
     */
    String advice(ZoneId zone, Instant now) {
        String shift = Math.abs(state() == State.ZONE ? hours() : minutes) + (state() == State.ZONE ? " h" : " min");
        String direction = minutes < 0 ? " in the future" : " before the time of receipt";
        if (state() == State.ZONE) {
            return "The time in created is " + shift + direction + ": the vendor seems to write it in UTC" + offset(zone, now)
                    + ", and webhook.time-zone is " + zone + ". Set webhook.time-zone to the zone that the vendor's console shows, or"
                    + " choose " + zone + " there. If both agree, correct the clock of this machine. Stored events keep their time.";
        }
        return "The time in created is " + shift + direction + ", also of the promptest events. Compare the clock of this machine with a"
                + " time server (NTP). If it is right, the clock of the vendor is wrong"
                + (minutes < 0 ? "." : ", or its webhooks are delayed.");
    }

    private String offset(ZoneId zone, Instant now) {
        ZoneOffset offset = probableOffset(zone, now);
        return offset.equals(ZoneOffset.UTC) ? "" : offset.getId();
    }
}
