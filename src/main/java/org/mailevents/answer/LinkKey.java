package org.mailevents.answer;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The key that signs the links in alerts. It is the setting {@code alert.link-key}. Without the setting, the first process that needs a key
 * makes one and keeps it in the database, so that each process accepts the links of all others, and links outlive a restart.
 */
final class LinkKey implements Supplier<byte[]> {

    /** The length of the hash, as RFC 2104 recommends. */
    private static final int BYTES = 32;

    private final Jdbi jdbi;
    private final String setting;
    private volatile byte[] key;

    /** @param setting the value of {@code alert.link-key}; it may be empty */
    LinkKey(String setting, Jdbi jdbi) {
        this.setting = setting;
        this.jdbi = jdbi;
    }

    /** @throws org.jdbi.v3.core.JdbiException if the key is in the database, and the database does not answer */
    @Override
    public byte[] get() {
        if (key == null) {
            key = (setting.isEmpty() ? jdbi.inTransaction(LinkKey::stored) : setting).getBytes(StandardCharsets.UTF_8);
        }
        return key;
    }

    private static String stored(Handle handle) {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        handle.execute("INSERT INTO link_key (purpose, secret) VALUES ('alert', ?) ON CONFLICT DO NOTHING",
                HexFormat.of().formatHex(random));
        return handle.select("SELECT secret FROM link_key WHERE purpose = 'alert'").mapTo(String.class).one();
    }
}
