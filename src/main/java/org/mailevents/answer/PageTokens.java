package org.mailevents.answer;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.settings.Settings;

/**
 * The tokens that the page sends when it acts. They show that the request was made by somebody who has seen an answer of the API, which no
 * other web site can: a browser sends the password with every request to this server, whichever site has made it. A token is the time of
 * its end in seconds since 1970 and a signature. It belongs to one user, and the key is that of the {@link SignedLinks}.
 */
public final class PageTokens {

    /** The page renews its token with each refresh. */
    private static final Duration VALIDITY = Duration.ofHours(2);

    private final Signature signature;
    private final Clock clock;

    private PageTokens(Supplier<byte[]> key, Clock clock) {
        this.signature = new Signature(key);
        this.clock = clock;
    }

    public static PageTokens of(Settings settings, Jdbi jdbi, Clock clock) {
        return new PageTokens(new LinkKey(settings.text("alert.link-key"), jdbi), clock);
    }

    /**
     * A token for a user, which is valid for two hours.
     *
     * @throws org.jdbi.v3.core.JdbiException if the key is in the database, and the database does not answer
     */
    public String create(String user) {
        String end = String.valueOf(clock.instant().plus(VALIDITY).getEpochSecond());
        return end + "." + signature.of(signed(user, end));
    }

    /** @return false if this application has not signed the token for this user, or if the token has expired */
    public boolean accept(String token, String user) {
        String[] parts = token.split("\\.", -1);
        return parts.length == 2 && parts[0].matches("\\d{1,12}") && signature.verify(signed(user, parts[0]), parts[1])
                && clock.instant().isBefore(Instant.ofEpochSecond(Long.parseLong(parts[0])));
    }

    /** The colon keeps a token from being a link, whose text is base64url. */
    private static String signed(String user, String end) {
        return "page:" + end + ":" + user;
    }
}
