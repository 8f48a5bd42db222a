package org.mailevents.answer;

import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.settings.Settings;

/**
 * Makes and reads the links with which a recipient answers an alert. A link is {@code <console.url>/answer?token=<token>}. The token is the
 * {@link Link} and its HMAC-SHA-256 (RFC 2104), both in base64url (RFC 4648, 5). Whoever has a link can use it, as with a link that resets
 * a password. So a link expires, and permits a single act.
 */
public final class SignedLinks {

    /** The path of the page behind the links. */
    public static final String PATH = "/answer";
    /** How long after its mail a link is valid. */
    private static final Duration VALIDITY = Duration.ofDays(30);
    /** An act, a delivery and a time. */
    private static final int SIZE = 1 + 2 * Long.BYTES + Long.BYTES;

    private final String url;
    private final Signature signature;
    private final Clock clock;

    private SignedLinks(String url, Supplier<byte[]> key, Clock clock) {
        this.url = url;
        this.signature = new Signature(key);
        this.clock = clock;
    }

    /** @return empty if {@code console.url} is empty, and nobody could open a link */
    public static Optional<SignedLinks> of(Settings settings, Jdbi jdbi, Clock clock) {
        return settings.text("console.url").isEmpty() ? Optional.empty()
                : Optional.of(new SignedLinks(settings.webUrl("console.url") + PATH + "?token=",
                        new LinkKey(settings.text("alert.link-key"), jdbi), clock));
    }

    /**
     * The URL of a link.
     *
     * @param madeAt when the mail was made that has the link
     */
    public String url(Act act, UUID delivery, Instant madeAt) {
        byte[] link = ByteBuffer.allocate(SIZE).put((byte) act.ordinal()).putLong(delivery.getMostSignificantBits())
                .putLong(delivery.getLeastSignificantBits()).putLong(madeAt.plus(VALIDITY).getEpochSecond()).array();
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(link);
        return url + text + "." + signature.of(text);
    }

    /** @return empty if this application has not signed the token, or if the token has expired */
    public Optional<Link> read(String token) {
        String[] parts = token.split("\\.", -1);
        // the texts are compared, and not what they stand for, so that a token has one form only
        boolean signed = parts.length == 2 && signature.verify(parts[0], parts[1]);
        return signed ? Optional.of(link(parts[0])).filter(link -> clock.instant().isBefore(link.expiresAt())) : Optional.empty();
    }

    private static Link link(String text) {
        ByteBuffer link = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
        return new Link(Act.values()[link.get()], new UUID(link.getLong(), link.getLong()), Instant.ofEpochSecond(link.getLong()));
    }
}
