package org.mailevents.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mailevents.support.Answers.assertReceipt;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.Certificate;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** HTTPS without a proxy. The vendor uses TLS 1.2 and HTTP/1.1. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpsTest {

    /** RFC 5246, section 7.2. */
    private static final int PROTOCOL_VERSION = 70;

    /** The types of a record (RFC 5246, appendix A.1). */
    private enum Reply {
        ALERT(21), HANDSHAKE(22);

        private final int recordType;

        Reply(int recordType) {
            this.recordType = recordType;
        }
    }

    private final MailEvents application = TestSettings.of(TestDatabase.h2()).with(Certificate.settings()).startInProcess();

    @AfterAll
    void stop() {
        application.close();
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.2,HTTP_1_1", "TLSv1.3,HTTP_1_1", "TLSv1.2,HTTP_2", "TLSv1.3,HTTP_2"})
    void itTakesWebhooksWhateverVersionsTheCallerOffers(String tls, HttpClient.Version http) throws Exception {
        // Given
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {tls});
        HttpClient client = HttpClient.newBuilder().sslContext(Certificate.context()).sslParameters(parameters).version(http).build();

        // When
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(application.uri(MailEvents.PATH))
                .header("Content-Type", MailEvents.JSON)
                .POST(BodyPublishers.ofString(Payload.json("deliveries", Payload.delivery("queued")))).build(), BodyHandlers.ofString());

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo(tls);
    }

    /** The test writes the handshake itself, because Java's HTTP client no longer offers the old versions. */
    @ParameterizedTest
    @CsvSource({"0x0301, ALERT", "0x0302, ALERT", "0x0303, HANDSHAKE"})
    void onlyTls12AndLaterIsSpoken(String version, Reply expected) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", application.port)) {
            // When
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(clientHello(Integer.decode(version)));

            // Then
            DataInputStream reply = new DataInputStream(socket.getInputStream());
            assertThat(reply.readUnsignedByte()).isEqualTo(expected.recordType);
            if (expected == Reply.ALERT) {
                reply.skipNBytes(5);
                assertThat(reply.readUnsignedByte()).isEqualTo(PROTOCOL_VERSION);
            }
        }
    }

    @Test
    void plainHttpIsNotSpokenThere() {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + application.port + MailEvents.PATH))
                .header("Content-Type", MailEvents.JSON).POST(BodyPublishers.ofString(Payload.json("deliveries"))).build();
        assertThatThrownBy(() -> HttpClient.newHttpClient().send(request, BodyHandlers.ofString())).isInstanceOf(IOException.class);
    }

    @Test
    void theLogSaysHttps() {
        assertThat(application.log()).contains("https://127.0.0.1:" + application.port + MailEvents.PATH);
    }

    /** RFC 5246, section 7.4.1.2, with two cipher suites for RSA keys: one of TLS 1.0 and one of TLS 1.2. */
    private static byte[] clientHello(int version) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream hello = new DataOutputStream(bytes);
        int length = 2 + 32 + 1 + 2 + 4 + 2 + 2 + 8 + 6 + 10;
        hello.writeByte(Reply.HANDSHAKE.recordType);
        hello.writeShort(0x0301);
        hello.writeShort(length + 4);
        hello.writeInt(0x01 << 24 | length);
        hello.writeShort(version);
        hello.write(new byte[32]);
        hello.writeByte(0);
        hello.writeShort(4);
        hello.writeShort(0xC013); // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
        hello.writeShort(0xC02F); // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        hello.writeShort(0x0100); // no compression
        hello.writeShort(8 + 6 + 10);
        hello.writeLong(0x000A_0004_0002_0017L); // supported groups: secp256r1
        hello.writeInt(0x000B_0002);
        hello.writeShort(0x0100); // uncompressed points
        hello.writeLong(0x000D_0006_0004_0401L); // signatures: RSA with SHA-256
        hello.writeShort(0x0804);
        return bytes.toByteArray();
    }
}
