package org.mailevents.answer;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs texts with HMAC-SHA-256 (RFC 2104). A signature is in base64url (RFC 4648, 5). */
final class Signature {

    private static final String ALGORITHM = "HmacSHA256";

    private final Supplier<byte[]> key;

    Signature(Supplier<byte[]> key) {
        this.key = key;
    }

    String of(String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key.get(), ALGORITHM));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has " + ALGORITHM, e);
        }
    }

    /** Whether this application has signed the text so. Compares in constant time. */
    boolean verify(String text, String signature) {
        return MessageDigest.isEqual(of(text).getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
    }
}
