package org.mailevents.privacy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Replaces the local part of an address by a keyed hash ({@code privacy.hash-recipients}), for instance {@code h-3f9c…@example.net} with 32
 * hexadecimal digits. The hash is the first 128 bits of the HMAC-SHA-256 (RFC 2104; its section 5 allows truncation to half) of the whole
 * address. Without the key, nobody can find an address by hashing guesses. The domain stays, for figures by destination. The address is
 * hashed in lower case, because a search by hash cannot ignore case.
 */
public final class RecipientHash {

    public static final String SETTING = "privacy.hash-recipients";
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_KEY = 16;
    private static final int BYTES = 16;
    private static final Pattern HASHED = Pattern.compile("h-[0-9a-f]{32}(?:@.*)?", Pattern.DOTALL);
    /** A domain or an address literal (RFC 5321, 4.1.3). Any other text behind the at sign is dropped, because it could hold a name. */
    private static final Pattern DOMAIN = Pattern.compile("[\\p{L}\\p{M}\\p{N}._-]+|\\[[0-9A-Za-z:.]+]");

    /**
     * Null when the setting is off. Each thread has its own, because a Mac is not thread-safe and is more expensive to make than to use.
     */
    private final ThreadLocal<Mac> mac;

    private RecipientHash(String key) {
        if (key.isEmpty()) {
            mac = null;
            return;
        }
        if (key.length() < MIN_KEY) {
            throw new IllegalArgumentException("Set " + SETTING + " to a secret key of at least " + MIN_KEY
                    + " characters, for instance from `openssl rand -hex 32`, or leave it empty. The present key is too short.");
        }
        mac = ThreadLocal.withInitial(() -> mac(key));
    }

    /** @param key the secret key; when it is empty, addresses stay as they are */
    public static RecipientHash with(String key) {
        return new RecipientHash(key);
    }

    /** Whether addresses stay as they are. */
    public boolean isOff() {
        return mac == null;
    }

    /** Whether a text is a hash that this class made, with whatever key. */
    public static boolean isHash(String address) {
        return HASHED.matcher(address).matches();
    }

    /**
     * The form of an address that is stored in the column {@code recipient}.
     *
     * @param address in upper or lower case, also as {@code Name <address>}; may be null
     * @return the hash of the address; an argument that is a hash already, or any argument when the setting is off, is returned as it is
     */
    public String of(String address) {
        return isOff() || address == null || address.isBlank() ? address : hash(bare(address));
    }

    /** The address without a display name, angle brackets and surrounding space. */
    static String bare(String address) {
        String bare = address.strip();
        int open = bare.lastIndexOf('<');
        return open >= 0 && bare.endsWith(">") && open + 2 < bare.length() ? bare.substring(open + 1, bare.length() - 1).strip() : bare;
    }

    private String hash(String bare) {
        String address = bare.toLowerCase(Locale.ROOT);
        if (HASHED.matcher(address).matches()) {
            return address;
        }
        String digits = HexFormat.of().formatHex(mac.get().doFinal(address.getBytes(StandardCharsets.UTF_8)), 0, BYTES);
        String domain = address.substring(address.lastIndexOf('@') + 1);
        return "h-" + digits + (address.indexOf('@') > 0 && DOMAIN.matcher(domain).matches() ? "@" + domain : "");
    }

    private static Mac mac(String key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), ALGORITHM));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java platform has no " + ALGORITHM, e);
        }
    }
}
