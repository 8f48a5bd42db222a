package org.mailevents.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookSignatureTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /** The values are those of the tests of the specification's own libraries. */
    @Test
    void theSignatureIsThatOfTheSpecification() {
        assertThat(WebhookSignature.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", Instant.ofEpochSecond(1_614_265_330),
                "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8), List.of(SECRET)))
                .containsEntry("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
                .containsEntry("webhook-timestamp", "1614265330")
                .containsEntry("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void eachSecretMakesASignature() {
        String other = "whsec_" + "QUJD".repeat(10);
        assertThat(WebhookSignature.headers("1", Instant.EPOCH, new byte[] {'{', '}'}, List.of(SECRET, other)).get("webhook-signature"))
                .matches("v1,\\S{44} v1,\\S{44}");
    }

    @ParameterizedTest
    @ValueSource(strings = {SECRET, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})
    void secrets(String text) {
        assertThat(WebhookSignature.isSecret(text)).isTrue();
    }

    /** No prefix, too short, no Base64, too long. */
    @ParameterizedTest
    @ValueSource(strings = {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA", "whsec_not base64 not base64 not base64", "whsec_",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    void noSecrets(String text) {
        assertThat(WebhookSignature.isSecret(text)).isFalse();
    }
}
