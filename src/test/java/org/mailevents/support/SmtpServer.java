package org.mailevents.support;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
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

    /** One mail it took, for these recipients. */
    public record Taken(List<String> recipients, Mailbox.Mail mail) {
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
                talk(new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1)),
                        new PrintWriter(client.getOutputStream(), true, StandardCharsets.ISO_8859_1));
            } catch (IOException | MessagingException e) {
                // the client hung up, or the test has ended
            }
        }
    }

    private void talk(BufferedReader in, PrintWriter out) throws IOException, MessagingException {
        List<String> recipients = new ArrayList<>();
        say(out, "220 here");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
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
                for (line = in.readLine(); line != null && !line.equals("."); line = in.readLine()) {
                    data.append(line).append("\r\n");
                }
                MimeMessage message = new MimeMessage(Session.getInstance(new Properties()),
                        new ByteArrayInputStream(data.toString().getBytes(StandardCharsets.ISO_8859_1)));
                beforeTaking.run();
                taken.add(new Taken(List.copyOf(recipients), new Mailbox.Mail(message)));
                say(out, "250 taken");
            } else if (line.equals("QUIT")) {
                say(out, "221 bye");
                return;
            } else {
                say(out, "250 yes");
            }
        }
    }

    private static void say(PrintWriter out, String reply) {
        out.print(reply + "\r\n");
        out.flush();
    }
}
