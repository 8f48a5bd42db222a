package org.mailevents.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The secrets that a caller may send: an {@code api_key} in the body, or a user and password in the header Authorization. One valid secret
 * is enough. Several may be valid at a time, so that they can be rotated.
 *
 * @param apiKeys the values of {@code webhook.api-key}
 * @param basic   the {@code user:password} pairs of {@code webhook.basic} or {@code console.basic}
 */
public record Secrets(List<String> apiKeys, List<String> basic) {

    /** The challenge of a 401 (RFC 7617). The vendor may send its credentials only after this challenge. */
    public static final String CHALLENGE = "Basic realm=\"Mail Events\", charset=\"UTF-8\"";

    /** Whether no secret is set. */
    public boolean none() {
        return apiKeys.isEmpty() && basic.isEmpty();
    }

    /** @throws IllegalStateException if no secret is set although other machines can reach this host */
    public void requireBeyondLoopback(String host) {
        if (none() && !loopback(host)) {
            throw new IllegalStateException("camel.server.host is " + host + ", so other machines can connect, but no secret is set. Set"
                    + " webhook.api-key or webhook.basic, or listen on 127.0.0.1.");
        }
    }

    /** @param apiKey the key of the body, or null */
    public boolean acceptApiKey(String apiKey) {
        return apiKey != null && contains(apiKeys, apiKey);
    }

    /** @param authorization the header Authorization, or null */
    public boolean acceptHeader(String authorization) {
        return user(authorization).isPresent();
    }

    /**
     * The user whose password is in a header.
     *
     * @param authorization the header Authorization, or null
     * @return empty if it holds no valid pair
     */
    Optional<String> user(String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return Optional.empty();
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(authorization.substring(6).trim());
            String pair = new String(bytes, StandardCharsets.UTF_8);
            return contains(basic, pair) ? Optional.of(pair.substring(0, pair.indexOf(':'))) : Optional.empty();
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }

    private static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /**
     * Compares with every secret, each in constant time (see {@link MessageDigest#isEqual}), so that the time of an answer tells nothing.
     */
    private static boolean contains(List<String> secrets, String sent) {
        byte[] bytes = sent.getBytes(StandardCharsets.UTF_8);
        boolean found = false;
        for (String secret : secrets) {
            found |= MessageDigest.isEqual(secret.getBytes(StandardCharsets.UTF_8), bytes);
        }
        return found;
    }
}
