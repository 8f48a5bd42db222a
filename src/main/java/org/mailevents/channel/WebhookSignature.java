package org.mailevents.channel;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The signature of Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md): HMAC-SHA256
 * over {@code id.timestamp.body}. A receiver that verifies it knows who has sent the body, and drops a repeated one by its id.
 */
public final class WebhookSignature {

    private static final String PREFIX = "whsec_";

    private WebhookSignature() {
    }

    /** Whether a text is a secret in the form of the specification: whsec_ and 24 to 64 bytes in Base64. */
    static boolean isSecret(String text) {
        try {
            int bytes = text.startsWith(PREFIX) ? key(text).length : 0;
            return bytes >= 24 && bytes <= 64;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * The headers of a signed webhook.
     *
     * @param id      stays the same when the webhook is sent again
     * @param now     the time of this attempt
     * @param body    exactly as it is sent
     * @param secrets one, or several while the receiver changes to a new one; each makes a signature
     */
    public static Map<String, String> headers(String id, Instant now, byte[] body, List<String> secrets) {
        String timestamp = String.valueOf(now.getEpochSecond());
        String signatures = secrets.stream().map(secret -> "v1," + sign(id + "." + timestamp + ".", body, key(secret)))
                .collect(Collectors.joining(" "));
        return Map.of("webhook-id", id, "webhook-timestamp", timestamp, "webhook-signature", signatures);
    }

    /** The secret part of a secret. */
    static String withoutPrefix(String secret) {
        return secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret;
    }

    private static byte[] key(String secret) {
        return Base64.getDecoder().decode(withoutPrefix(secret));
    }

    private static String sign(String before, byte[] body, byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(before.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has HmacSHA256", e);
        }
    }
}
