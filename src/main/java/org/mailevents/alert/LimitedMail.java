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
 * Has no mail server hold up the mails: the defaults of all smtp and smtps endpoints. camel-mail limits only how long a server says nothing. Here a
 * server that does not read is limited as well, and so is the whole mail, because a server that sends a byte now and then is never silent. What an
 * endpoint says itself ({@code mail.smtp.writetimeout}, {@code mail.smtp.socketFactory}) wins, and its socket factory is limited too.
 */
final class LimitedMail extends MailConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    private final Duration limit;

    private LimitedMail(CamelContext context, Duration limit) {
        super(context);
        this.limit = limit;
    }

    /** @param limit how long a mail may take, from the connection to its last reply */
    static void use(CamelContext context, Duration limit) {
        for (String protocol : new String[] {"smtp", "smtps"}) {
            context.getComponent(protocol, MailComponent.class).setConfiguration(new LimitedMail(context, limit));
        }
    }

    /** Camel's copy shares these, so that an endpoint would have what another one was given. */
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
        // as text: Jakarta Mail passes over a Long
        session.getProperties().putIfAbsent(prefix + "writetimeout", String.valueOf(getConnectionTimeout()));
        Object sockets = session.getProperties().get(prefix + "socketFactory");
        // a name of a class is left to Jakarta Mail
        if (sockets == null || sockets instanceof SocketFactory) {
            session.getProperties().put(prefix + "socketFactory", new Sockets(sockets == null ? SocketFactory.getDefault() : (SocketFactory) sockets));
            session.getProperties().put(prefix + "socketFactory.fallback", "false");
        }
        return sender;
    }

    /** Sockets that are closed when the mail has taken too long. Without a connection there is nothing to be closed. */
    private final class Sockets extends SocketFactory {

        private final SocketFactory sockets;

        Sockets(SocketFactory sockets) {
            this.sockets = sockets;
        }

        private Socket limited(Socket socket) {
            // the JDK's own timer: one of Camel's would delay the stop until the last socket's time is over
            CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS).execute(() -> close(socket));
            return socket;
        }

        private static void close(Socket socket) {
            if (socket.isClosed()) {
                return;
            }
            LOG.warn("The mail server is too slow for a mail: the connection to it is closed");
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
