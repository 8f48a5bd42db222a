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
import java.util.function.Function;

/** An SMTP server (RFC 5321) that answers as a test wants it to, which a well-behaved one cannot. */
public final class SmtpServer implements AutoCloseable {

    /**
     * One mail it took, for these recipients.
     *
     * @param raw byte for byte as it was transmitted, but for the dots of RFC 5321, 4.5.2
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

    public final List<Taken> taken = new CopyOnWriteArrayList<>();

    private final ServerSocket socket;
    private final Function<String, String> recipient;
    private final Runnable beforeTaking;

    /**
     * @param recipient    its reply to each recipient
     * @param beforeTaking what happens when it has a mail and has not yet said so
     */
    public SmtpServer(Function<String, String> recipient, Runnable beforeTaking) {
        this.recipient = recipient;
        this.beforeTaking = beforeTaking;
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread thread = new Thread(this::listen, "smtp");
        thread.setDaemon(true);
        thread.start();
    }

    public String endpoint() {
        return "smtp://127.0.0.1:" + socket.getLocalPort();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen() {
        while (!socket.isClosed()) {
            try (Socket client = socket.accept()) {
                talk(new BufferedInputStream(client.getInputStream()), new PrintWriter(client.getOutputStream(), true, StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // the client hung up, or the test has ended
            }
        }
    }

    private void talk(InputStream in, PrintWriter out) throws IOException {
        List<String> recipients = new ArrayList<>();
        say(out, "220 here");
        for (String line = line(in); line != null; line = line(in)) {
            if (line.startsWith("RCPT TO:")) {
                String address = line.substring(line.indexOf('<') + 1, line.indexOf('>'));
                String reply = recipient.apply(address);
                if (reply.startsWith("250")) {
                    recipients.add(address);
                }
                say(out, reply);
            } else if (line.equals("DATA")) {
                say(out, "354 go on");
                StringBuilder data = new StringBuilder();
                for (line = line(in); line != null && !line.equals("."); line = line(in)) {
                    data.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
                }
                beforeTaking.run();
                taken.add(new Taken(List.copyOf(recipients), data.toString().getBytes(StandardCharsets.ISO_8859_1)));
                say(out, "250 taken");
            } else if (line.equals("QUIT")) {
                say(out, "221 bye");
                return;
            } else {
                say(out, "250 yes");
            }
        }
    }

    /** Up to the next CRLF, a bare CR or LF included; null at the end. */
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

    private static void say(PrintWriter out, String reply) {
        out.print(reply + "\r\n");
        out.flush();
    }
}
