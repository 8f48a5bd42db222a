package org.mailevents.alert;

import jakarta.mail.Session;
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
import org.apache.camel.component.mail.JavaMailSender;
import org.apache.camel.component.mail.MailComponent;
import org.apache.camel.component.mail.MailConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits how long a slow mail server can delay the mails. These are the defaults of all smtp and smtps endpoints. camel-mail itself limits
 * only how long a server sends nothing. This class also limits how long a server does not read, and how long the whole mail takes, because
 * a server that sends a byte now and then is never silent. An endpoint's own settings ({@code mail.smtp.writetimeout}, {@code
 * mail.smtp.socketFactory}) take precedence, and the sockets of its own factory are limited too.
 */
final class LimitedMail extends MailConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    private final Duration limit;

    private LimitedMail(CamelContext context, Duration limit) {
        super(context);
        this.limit = limit;
    }

    /** @param limit how long a mail may take, from the connection to the last reply */
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
    protected JavaMailSender createJavaMailSender(CamelContext context) {
        JavaMailSender sender = super.createJavaMailSender(context);
        Session session = sender.getSession();
        String prefix = "mail." + getProtocol() + ".";
        // as text, because Jakarta Mail ignores a Long
        session.getProperties().putIfAbsent(prefix + "writetimeout", String.valueOf(getConnectionTimeout()));
        Object sockets = session.getProperties().get(prefix + "socketFactory");
        // otherwise it is the name of a class, which Jakarta Mail makes
        if (sockets == null || sockets instanceof SocketFactory) {
            SocketFactory unlimited = sockets == null ? SocketFactory.getDefault() : (SocketFactory) sockets;
            session.getProperties().put(prefix + "socketFactory", new LimitedSockets(unlimited));
            session.getProperties().put(prefix + "socketFactory.fallback", "false");
        }
        return sender;
    }

    /**
     * Closes its sockets when the mail has taken too long. Jakarta Mail has no other way: closing its Transport waits for the mail. It
     * calls only the method without arguments, but SocketFactory makes the others abstract.
     */
    private final class LimitedSockets extends SocketFactory {

        private final SocketFactory sockets;

        LimitedSockets(SocketFactory sockets) {
            this.sockets = sockets;
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
