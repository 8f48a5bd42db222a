package org.mailevents.privacy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.camel.CamelContext;
import org.mailevents.settings.Settings;

/**
 * Puts a keyed hash in the place of an address's local part ({@code privacy.hash-recipients}), for instance
 * {@code h-3f9c… (32 hexadecimal digits)@example.net}: the first 128 bits of the HMAC-SHA-256 (RFC 2104; its section 5 allows half) of the whole address in lower
 * case. Without the key nobody can try out whose hash it is, as one could with a bare hash; the domain stays for figures by destination.
 * In lower case, because one spelling must do to find somebody: of a hash no other can be compared.
 */
public final class RecipientHash {

    /** The name under which routes and Java refer to it: {@code bean:recipientHash?method=of}. */
    public static final String NAME = "recipientHash";

    private static final String SETTING = "privacy.hash-recipients";
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_KEY = 16;
    private static final int BYTES = 16;
    private static final Pattern HASHED = Pattern.compile("h-[0-9a-f]{32}(?:@.*)?", Pattern.DOTALL);
    /** What may stand behind the hash: a domain, or an address literal (RFC 5321, 4.1.3), and nothing that could hold a name. */
    private static final Pattern DOMAIN = Pattern.compile("[\\p{L}\\p{M}\\p{N}._-]+|\\[[0-9A-Za-z:.]+]");

    /** Null when the setting is off. One for each thread, because a Mac serves one at a time and to make one takes longer than to use it. */
    private final ThreadLocal<Mac> mac;

    private RecipientHash(String key) {
        if (key.isEmpty()) {
            mac = null;
            return;
        }
        if (key.length() < MIN_KEY) {
            throw new IllegalArgumentException("Set " + SETTING + " to a secret key of at least " + MIN_KEY
                    + " characters, such as `openssl rand -hex 32` prints, or leave it empty: what it is set to is too short");
        }
        mac = ThreadLocal.withInitial(() -> mac(key));
    }

    /** @param key the secret; empty for none, and then nothing is hashed */
    public static RecipientHash with(String key) {
        return new RecipientHash(key);
    }

    /** The one of this application, bound in its registry by whoever asks first. */
    public static RecipientHash bound(CamelContext context) {
        RecipientHash bound = context.getRegistry().lookupByNameAndType(NAME, RecipientHash.class);
        if (bound == null) {
            bound = with(new Settings(context).text(SETTING));
            context.getRegistry().bind(NAME, bound);
        }
        return bound;
    }

    /** Whether addresses are kept as they are. */
    public boolean isOff() {
        return mac == null;
    }

    /**
     * What is stored in the place of an address, to be looked up in {@code recipient}.
     *
     * @param address in any case, also in angle brackets with a name before them; may be null
     * @return its hash, of a hash itself; when the setting is off, the address as it is
     */
    public String of(String address) {
        return isOff() || address == null || address.isBlank() ? address : hash(bare(address));
    }

    /** The address of {@code Name <address>}, without space around it. */
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
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
