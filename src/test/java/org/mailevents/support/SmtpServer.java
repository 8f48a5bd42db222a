package org.mailevents.support;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** An SMTP server (RFC 5321) that answers as a test tells it, also in ways that a correct server does not. */
public final class SmtpServer implements AutoCloseable {

    /**
     * A mail that the server accepted for these recipients.
     *
     * @param raw the transmitted bytes, without the added dots of RFC 5321, 4.5.2
     */
    public record Taken(List<String> recipients, byte[] raw) {

        public Mailbox.Mail mail() {
            try {
                return new Mailbox.Mail(new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(raw)));
            } catch (MessagingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** A moment of the dialogue, with its usual answer. */
    public enum Moment {
        GREETING("220 here"), RECIPIENT("250 ok"), READING("354 go on"), DATA("250 taken"), QUIT("221 bye");

        private final String usual;

        Moment(String usual) {
            this.usual = usual;
        }

        public String usual() {
            return usual;
        }
    }

    /** A reply that never ends, and of which a byte is sent now and then. */
    public static final String DRIBBLE = "dribble";
    /** From this moment on, the server sends nothing and reads nothing. */
    public static final String DEAF = "deaf";

    /** Decides the answers of the server. */
    public interface Script {

        /**
         * @param address the address of the recipient, at {@link Moment#RECIPIENT}
         * @return the reply, or null to close the connection. The server accepts a mail if its reply to the data begins with 250.
         */
        String reply(Moment moment, String address);
    }

    public final List<Taken> taken = new CopyOnWriteArrayList<>();

    private final Script script;
    private final int port;
    private volatile ServerSocket socket;

    /** Listens at once, on a free port. */
    public SmtpServer(Script script) {
        this.script = script;
        port = MailEvents.freePort();
        open();
    }

    /**
     * @param recipient    the reply to each recipient
     * @param beforeTaking runs when the server has a mail and has not yet confirmed it
     */
    public SmtpServer(Function<String, String> recipient, Runnable beforeTaking) {
        this((moment, address) -> {
            if (moment == Moment.DATA) {
                beforeTaking.run();
            }
            return moment == Moment.RECIPIENT ? recipient.apply(address) : moment.usual();
        });
    }

    public String endpoint() {
        return "smtp://127.0.0.1:" + port;
    }

    /** Listens again, on the same port. */
    public void open() {
        try {
            socket = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ServerSocket listening = socket;
        Thread thread = new Thread(() -> listen(listening), "smtp");
        thread.setDaemon(true);
        thread.start();
    }

    /** Refuses connections from now on. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen(ServerSocket listening) {
        while (!listening.isClosed()) {
            try (Socket client = listening.accept()) {
                talk(new BufferedInputStream(client.getInputStream()),
                        new PrintWriter(client.getOutputStream(), true, StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // The client closed the connection, or the test has ended.
            }
        }
    }

    private void talk(InputStream in, PrintWriter out) throws IOException {
        List<String> recipients = new ArrayList<>();
        say(out, script.reply(Moment.GREETING, null));
        for (String line = line(in); line != null; line = line(in)) {
            if (line.startsWith("RCPT TO:")) {
                String address = line.substring(line.indexOf('<') + 1, line.indexOf('>'));
                String reply = script.reply(Moment.RECIPIENT, address);
                if (reply != null && reply.startsWith("250")) {
                    recipients.add(address);
                }
                say(out, reply);
            } else if (line.equals("DATA")) {
                say(out, script.reply(Moment.READING, null));
                StringBuilder data = new StringBuilder();
                for (line = line(in); line != null && !line.equals("."); line = line(in)) {
                    data.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
                }
                String reply = script.reply(Moment.DATA, null);
                if (reply != null && reply.startsWith("250")) {
                    taken.add(new Taken(List.copyOf(recipients), data.toString().getBytes(StandardCharsets.ISO_8859_1)));
                }
                say(out, reply);
            } else if (line.equals("QUIT")) {
                say(out, script.reply(Moment.QUIT, null));
                return;
            } else {
                say(out, "250 yes");
            }
        }
    }

    /** The text up to the next CRLF. It may contain a bare CR or LF. Null at the end. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0; next = in.read()) {
            line.append((char) next);
            if (next == '\n' && line.length() > 1 && line.charAt(line.length() - 2) == '\r') {
                return line.substring(0, line.length() - 2);
            }
        }
        return null;
    }

    private void say(PrintWriter out, String reply) throws IOException {
        if (reply == null) {
            throw new IOException("hung up");
        }
        if (reply.equals(DRIBBLE) || reply.equals(DEAF)) {
            boolean dribbles = reply.equals(DRIBBLE);
            for (out.print(dribbles ? "" : "354 go on\r\n"); !out.checkError() && !socket.isClosed(); out.print(dribbles ? "2" : "")) {
                LockSupport.parkNanos(200_000_000);
            }
            throw new IOException("the client hung up, or the test has ended");
        }
        out.print(reply + "\r\n");
        out.flush();
    }
}
