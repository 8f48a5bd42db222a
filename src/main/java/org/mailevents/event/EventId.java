package org.mailevents.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.UUID;

/**
 * Makes an id from content, because the vendor sends none. The same content always has the same id, also after a restart. All ids are UUIDs
 * of version 8 (RFC 9562, section 5.8).
 */
public final class EventId {

    /** How many bits a UUID holds beside the time: the version and the first part of the hash. */
    private static final int BITS_BESIDE_TIME = 16;

    private EventId() {
    }

    /**
     * An id from the SHA-256 of the parts. Each part is hashed together with its length, so that {@code ("ab", "c")} and
     * {@code ("a", "bc")} have different ids. A null counts as empty.
     */
    public static UUID of(String... parts) {
        ByteBuffer hash = hash(parts);
        return version8(hash.getLong(), hash.getLong());
    }

    /**
     * An id that begins with a time and goes on with the hash of the parts, in the layout of version 7 (RFC 9562, section 5.7). So the ids
     * of events of the same time are neighbours in an index, and a table can be partitioned by them. Two different events of the same
     * millisecond have the same id with a probability of 2<sup>-74</sup>.
     *
     * @param time of the event, the same whenever and wherever the event is read, and before the year 10889; null if it is unknown, which
     *             counts as 1970
     */
    public static UUID at(Instant time, String... parts) {
        ByteBuffer hash = hash(parts);
        return version8(high(time) | hash.getLong() >>> Long.SIZE - BITS_BESIDE_TIME, hash.getLong());
    }

    /** The lowest id that an event of this time can have. All ids of earlier events are lower. */
    public static UUID lowest(Instant time) {
        return new UUID(high(time), 0);
    }

    /** The time with which an id of an event begins; 1970 if the time of the event is unknown. */
    public static Instant time(UUID id) {
        return Instant.ofEpochMilli(id.getMostSignificantBits() >>> BITS_BESIDE_TIME);
    }

    private static long high(Instant time) {
        return time == null ? 0 : Math.max(0, time.toEpochMilli()) << BITS_BESIDE_TIME;
    }

    private static UUID version8(long high, long low) {
        return new UUID(high & ~0xF000L | 0x8000L, low & ~(0b11L << 62) | 0b10L << 62);
    }

    private static ByteBuffer hash(String... parts) {
        MessageDigest sha256 = sha256();
        for (String part : parts) {
            byte[] bytes = part == null ? new byte[0] : part.getBytes(StandardCharsets.UTF_8);
            sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
            sha256.update(bytes);
        }
        return ByteBuffer.wrap(sha256.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256, but this one does not", e);
        }
    }
}
