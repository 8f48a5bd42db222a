package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.impl.DefaultCamelContext;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.SmtpServer.Moment;

/** The mail server neither accepts a mail nor refuses it. */
@Execution(ExecutionMode.CONCURRENT)
class LimitedMailTest {

    private final DefaultCamelContext context = new DefaultCamelContext();

    @BeforeEach
    void start() {
        LimitedMail.use(context, Duration.ofSeconds(3));
        context.start();
    }

    @AfterEach
    void stop() throws IOException {
        context.close();
    }

    @ParameterizedTest
    @EnumSource(names = "QUIT", mode = EnumSource.Mode.EXCLUDE)
    void aServerThatSendsAReplyByteByByteIsLeftAfterAWhile(Moment moment) {
        try (SmtpServer server = new SmtpServer((at, address) -> at == moment ? SmtpServer.DRIBBLE : at.usual())) {
            assertThatThrownBy(() -> send(server.endpoint(), "a short mail")).hasStackTraceContaining("MessagingException");
        }
    }

    @Test
    void aMailThatWasTakenHasNotFailedThoughTheServerDoesNotSayGoodbye() {
        try (SmtpServer server = new SmtpServer((at, address) -> at == Moment.QUIT ? SmtpServer.DRIBBLE : at.usual())) {
            send(server.endpoint(), "a short mail");

            assertThat(server.taken).hasSize(1);
        }
    }

    /** The write timeout ends the mail. Where an endpoint has no write timeout, the limit of the whole mail ends the mail. */
    @ParameterizedTest
    @CsvSource({"300, ?connectionTimeout=1000, Write timed out", "3, ?mail.smtp.writetimeout=0, Socket closed"})
    void aServerThatDoesNotReadIsLeftAfterAWhile(int limit, String options, String failure) {
        // The two limits are far apart, so that a slow machine cannot change their order.
        LimitedMail.use(context, Duration.ofSeconds(limit));
        try (SmtpServer server = new SmtpServer((at, address) -> at == Moment.READING ? SmtpServer.DEAF : at.usual())) {
            String mail = "a line of a large mail\r\n".repeat(500_000);
            assertThatThrownBy(() -> send(server.endpoint() + options, mail)).hasStackTraceContaining(failure);
        }
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void aServerThatTakesTheMailGetsIt(Encryption encryption) {
        LimitedMail.use(context, Duration.ofMinutes(1));
        ServerSetup setup = new ServerSetup(0, "127.0.0.1", encryption.protocol);
        setup.setServerStartupTimeout(60_000);
        GreenMail server = new GreenMail(setup);
        server.start();
        try {
            int port = encryption == Encryption.NONE ? server.getSmtp().getPort() : server.getSmtps().getPort();
            send(encryption.protocol + "://127.0.0.1:" + port + encryption.options, "a short mail");
            await().until(() -> server.getReceivedMessages().length == 1);
        } finally {
            server.stop();
        }
    }

    private enum Encryption {
        NONE(ServerSetup.PROTOCOL_SMTP, ""), TLS(ServerSetup.PROTOCOL_SMTPS,
                "?mail.smtps.ssl.trust=*&mail.smtps.ssl.checkserveridentity=false");

        private final String protocol;
        private final String options;

        Encryption(String protocol, String options) {
            this.protocol = protocol;
            this.options = options;
        }
    }

    @Test
    void whatAnEndpointIsGivenAnotherHasNot() {
        try (SmtpServer server = new SmtpServer((at, address) -> at.usual())) {
            assertThatThrownBy(() -> send(server.endpoint() + "?mail.smtp.starttls.required=true", "a short mail"))
                    .hasStackTraceContaining("STARTTLS");

            send(server.endpoint(), "a short mail");

            assertThat(server.taken).hasSize(1);
        }
    }

    /** The webhook of a team's step waits for the mail, so the step has less time than an alert. */
    @Test
    void theMailOfAStepHasTenSecondsUnlessItsEndpointHasItsOwnLimit() {
        LimitedMail.use(context, Duration.ofMinutes(5));
        try (SmtpServer server = new SmtpServer((at, address) -> at == Moment.DATA ? SmtpServer.DRIBBLE : at.usual())) {
            long start = System.nanoTime();
            assertThatThrownBy(() -> sendAsAStep(server.endpoint())).hasStackTraceContaining("MessagingException");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(20));
        }
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            long start = System.nanoTime();
            assertThatThrownBy(() -> sendAsAStep("smtp://127.0.0.1:" + silent.getLocalPort() + "?connectionTimeout=1000"))
                    .hasStackTraceContaining("Read timed out");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void sendAsAStep(String endpoint) {
        context.createProducerTemplate().sendBodyAndHeaders(endpoint, "a short mail",
                Map.of("To", "to@example.com", "From", "from@example.com"));
    }

    /** Sends an alert, which is an SMTPMessage. */
    private void send(String endpoint, String text) {
        try {
            SMTPMessage mail = new SMTPMessage(Session.getInstance(new Properties()));
            mail.setFrom("from@example.com");
            mail.setRecipients(Message.RecipientType.TO, "to@example.com");
            mail.setText(text);
            context.createProducerTemplate().sendBody(endpoint, mail);
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        }
    }
}
