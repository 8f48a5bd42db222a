package org.mailevents.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;

/**
 * The secrets a caller may show: an {@code api_key} in the body, or a user and password in the header. One valid secret is
 * enough; several may be valid at a time, so that they can be rotated.
 *
 * @param apiKeys the values of {@code webhook.api-key}
 * @param basic   {@code user:password} pairs, as of {@code webhook.basic}
 */
public record Secrets(List<String> apiKeys, List<String> basic) {

    /** RFC 7617: the vendor may send its credentials only after this challenge. */
    public static final String CHALLENGE = "Basic realm=\"Mail Events\", charset=\"UTF-8\"";

    /** Without a secret anybody may enter. */
    public boolean none() {
        return apiKeys.isEmpty() && basic.isEmpty();
    }

    /** @throws IllegalStateException where anybody on the network could enter */
    public void requireBeyondLoopback(String host) {
        if (none() && !loopback(host)) {
            throw new IllegalStateException("camel.server.host is " + host + ", which others can reach, and there is no secret: set"
                    + " webhook.api-key or webhook.basic, or listen on 127.0.0.1");
        }
    }

    public boolean acceptApiKey(String apiKey) {
        return apiKey != null && contains(apiKeys, apiKey);
    }

    /** @param authorization the header, or null */
    public boolean acceptHeader(String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return false;
        }
        try {
            byte[] credentials = Base64.getDecoder().decode(authorization.substring(6).trim());
            return contains(basic, new String(credentials, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    private static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Every secret is compared, each in constant time (see {@link MessageDigest#isEqual}), so that time tells nothing. */
    private static boolean contains(List<String> secrets, String shown) {
        byte[] bytes = shown.getBytes(StandardCharsets.UTF_8);
        boolean found = false;
        for (String secret : secrets) {
            found |= MessageDigest.isEqual(secret.getBytes(StandardCharsets.UTF_8), bytes);
        }
        return found;
    }
}
