package org.mailevents.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Makes an id from content, because the vendor sends none. The same content always has the same id, also after a restart. */
public final class EventId {

    private EventId() {
    }

    /**
     * A UUID of version 8 (RFC 9562, section 5.8) from the SHA-256 of the parts. Each part is hashed together with its length, so that
     * {@code ("ab", "c")} and {@code ("a", "bc")} have different ids. A null counts as empty.
     */
    public static UUID of(String... parts) {
        MessageDigest sha256 = sha256();
        for (String part : parts) {
            byte[] bytes = part == null ? new byte[0] : part.getBytes(StandardCharsets.UTF_8);
            sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
            sha256.update(bytes);
        }
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
        long high = digest.getLong() & ~0xF000L | 0x8000L;
        long low = digest.getLong() & ~(0b11L << 62) | 0b10L << 62;
        return new UUID(high, low);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256, but this one does not", e);
        }
    }
}
