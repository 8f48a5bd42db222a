package org.mailevents.alert;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import org.apache.camel.CamelContext;
import org.apache.camel.component.mail.DefaultJavaMailSender;
import org.apache.camel.component.mail.JavaMailSender;
import org.apache.camel.component.mail.MailComponent;
import org.apache.camel.component.mail.MailConfiguration;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits how long a slow mail server can delay the mails. These are the defaults of all smtp and smtps endpoints. camel-mail itself limits
 * only how long a server sends nothing. This class also limits how long a server does not read, and how long the whole mail takes, because
 * a server that sends a byte now and then is never silent. An endpoint's own settings ({@code connectionTimeout}, {@code
 * mail.smtp.timeout}, {@code mail.smtp.writetimeout}, {@code mail.smtp.socketFactory}) take precedence, and the sockets of its own factory
 * are limited too.
 *
 * <p>The mails of Mail Events itself have more time than those of a team's own step. A mail server may take long for a good reason
 * (RFC 5321, 4.5.3.2), and nobody waits for an alert. A webhook waits for a team's step. Both may use the same server, so the mail decides:
 * {@link AlertMail} makes an SMTPMessage, and camel-mail does not.
 */
final class LimitedMail extends MailConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    private static final Duration STEP_CONNECT = Duration.ofSeconds(2);
    private static final Duration STEP_ANSWER = Duration.ofSeconds(10);

    private final Duration limit;
    private boolean hasOwnTimeout;

    private LimitedMail(CamelContext context, Duration limit) {
        super(context);
        this.limit = limit;
    }

    /** @param limit how long an alert may take, from the connection to the last reply */
    static void use(CamelContext context, Duration limit) {
        for (String protocol : new String[] {"smtp", "smtps"}) {
            context.getComponent(protocol, MailComponent.class).setConfiguration(new LimitedMail(context, limit));
        }
    }

    /** Camel's own copy shares the properties, so one endpoint would change those of another. */
    @Override
    public MailConfiguration copy() {
        Properties own = new Properties();
        own.putAll(getAdditionalJavaMailProperties());
        MailConfiguration copy = super.copy();
        copy.setAdditionalJavaMailProperties(own);
        return copy;
    }

    @Override
    public void setConnectionTimeout(int connectionTimeout) {
        hasOwnTimeout = true;
        super.setConnectionTimeout(connectionTimeout);
    }

    @Override
    protected JavaMailSender createJavaMailSender(CamelContext context) {
        JavaMailSender alerts = super.createJavaMailSender(context);
        limit(alerts, Duration.ofMillis(getConnectionTimeout()), limit);
        if (hasOwnTimeout || getSession() != null || getJavaMailProperties() != null
                || getAdditionalJavaMailProperties().containsKey("mail." + getProtocol() + ".timeout")) {
            return alerts;
        }
        JavaMailSender steps = super.createJavaMailSender(context);
        Properties options = steps.getSession().getProperties();
        options.put("mail." + getProtocol() + ".connectiontimeout", String.valueOf(STEP_CONNECT.toMillis()));
        options.put("mail." + getProtocol() + ".timeout", String.valueOf(STEP_ANSWER.toMillis()));
        options.putAll(getAdditionalJavaMailProperties());
        limit(steps, STEP_ANSWER, STEP_ANSWER);
        return new AlertsAndSteps(alerts, steps);
    }

    private void limit(JavaMailSender sender, Duration write, Duration mail) {
        Properties options = sender.getSession().getProperties();
        String prefix = "mail." + getProtocol() + ".";
        // as text, because Jakarta Mail ignores a Long
        options.putIfAbsent(prefix + "writetimeout", String.valueOf(write.toMillis()));
        Object sockets = options.get(prefix + "socketFactory");
        // otherwise it is the name of a class, which Jakarta Mail makes
        if (sockets == null || sockets instanceof SocketFactory) {
            SocketFactory unlimited = sockets == null ? SocketFactory.getDefault() : (SocketFactory) sockets;
            options.put(prefix + "socketFactory", new LimitedSockets(unlimited, mail));
            options.put(prefix + "socketFactory.fallback", "false");
        }
    }

    /** Sends the mails of Mail Events itself with one sender, and all others with the second. */
    private static final class AlertsAndSteps extends DefaultJavaMailSender {

        private final JavaMailSender alerts;

        AlertsAndSteps(JavaMailSender alerts, JavaMailSender steps) {
            this.alerts = alerts;
            setJavaMailProperties(steps.getJavaMailProperties());
            setHost(steps.getHost());
            setPort(steps.getPort());
            setUsername(steps.getUsername());
            setPassword(steps.getPassword());
            setAuthenticator(steps.getAuthenticator());
            setProtocol(steps.getProtocol());
            setSession(steps.getSession());
        }

        @Override
        public void send(MimeMessage mail) throws MessagingException {
            if (mail instanceof SMTPMessage) {
                alerts.send(mail);
            } else {
                super.send(mail);
            }
        }
    }

    /**
     * Closes its sockets when the mail has taken too long. Jakarta Mail has no other way: closing its Transport waits for the mail. It
     * calls only the method without arguments, but SocketFactory makes the others abstract.
     */
    private static final class LimitedSockets extends SocketFactory {

        private final SocketFactory sockets;
        private final Duration limit;

        LimitedSockets(SocketFactory sockets, Duration limit) {
            this.sockets = sockets;
            this.limit = limit;
        }

        private Socket limited(Socket socket) {
            // the JDK's timer, because a timer of Camel would delay the stop until the time of the last socket is over
            CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS).execute(() -> close(socket));
            return socket;
        }

        private static void close(Socket socket) {
            if (socket.isClosed()) {
                return;
            }
            LOG.warn("The mail server is too slow. The connection is closed, and the mail is retried.");
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Socket createSocket() throws IOException {
            return limited(sockets.createSocket());
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return limited(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
            return limited(sockets.createSocket(host, port, from, fromPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return limited(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
            return limited(sockets.createSocket(host, port, from, fromPort));
        }
    }
}
