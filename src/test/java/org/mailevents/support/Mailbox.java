package org.mailevents.support;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.MessagingException;
import jakarta.mail.Part;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.internet.MimeUtility;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The place where the alert mails of a test arrive.
 *
 * @param endpoint the setting {@code alert.endpoint}
 * @param received the mails that arrived, in their order
 * @param stop     stops the server, if there is one
 */
public record Mailbox(String endpoint, Supplier<List<Mail>> received, Runnable stop) {

    /** The mails arrive as .eml files in this folder. */
    public static Mailbox folder(Path folder) {
        Map<Path, Mail> read = new ConcurrentHashMap<>();
        return new Mailbox("file:" + folder + "?tempPrefix=.", () -> emls(folder).stream()
                .map(eml -> read.computeIfAbsent(eml, Mailbox::read)).toList(),
                () -> { });
    }

    /** The mails arrive as .eml files in a new folder. */
    public static Mailbox folder() {
        return folder(TemporaryFolder.create("outbox"));
    }

    /** A real SMTP server, on a free port. */
    public static Mailbox smtp() {
        GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        Map<MimeMessage, Mail> read = new ConcurrentHashMap<>();
        return new Mailbox("smtp://127.0.0.1:" + server.getSmtp().getPort(),
                () -> Stream.of(server.getReceivedMessages()).map(message -> read.computeIfAbsent(message, Mail::new))
                .toList(), server::stop);
    }

    /** The mails that this server accepted. It is quicker than the real SMTP server. */
    public static Mailbox of(SmtpServer server) {
        Map<SmtpServer.Taken, Mail> read = new ConcurrentHashMap<>();
        return new Mailbox(server.endpoint(), () -> server.taken.stream().map(taken -> read.computeIfAbsent(taken, SmtpServer.Taken::mail))
                .toList(),
                server::close);
    }

    public List<Mail> mails() {
        return received.get();
    }

    /** How many mails arrived. */
    public int count() {
        return received.get().size();
    }

    /** The mails that contain this in their text or attachment. */
    public List<Mail> naming(String text) {
        return mails().stream().filter(mail -> mail.text().contains(text) || mail.csv().contains(text)).toList();
    }

    /** The settings with which a mail arrives within about a second. */
    public Map<String, String> settings() {
        return Map.of("alert.endpoint", endpoint, "alert.first-delay", "1s", "alert.updates", "1s", "alert.max-per-hour", "1000",
                "alert.max-per-day", "100000");
    }

    private static List<Path> emls(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".eml")).filter(file -> !file.getFileName().toString().startsWith("."))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Mail read(Path eml) {
        try (InputStream text = Files.newInputStream(eml)) {
            return new Mail(new MimeMessage(Session.getInstance(new Properties()), text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One mail that arrived. Tests ask for its text again and again, so each part is decoded once. */
    public static final class Mail {

        private static final Pattern LISTED = Pattern.compile("(?m)^\\d+\\. (\\S+)\\s*$");
        private static final Pattern SECOND_CELL = Pattern.compile("(?m)^\uFEFF?\"[^\"]*\",\"([^\"]*)\"");

        private final MimeMessage message;
        private final Map<String, Optional<String>> parts = new ConcurrentHashMap<>();

        public Mail(MimeMessage message) {
            this.message = message;
        }

        public MimeMessage message() {
            return message;
        }

        public String text() {
            return part("text/plain").orElseThrow(() -> new AssertionError("no text part"));
        }

        public String html() {
            return part("text/html").orElseThrow(() -> new AssertionError("no HTML part"));
        }

        /** The attachment without its byte order mark, or an empty text if there is no attachment. */
        public String csv() {
            return part("text/csv").orElse("").replaceFirst("^\uFEFF", "");
        }

        /** The addresses that the mail lists. If the mail has an attachment, all addresses are in the attachment. */
        public List<String> addresses() {
            return csv().isEmpty() ? LISTED.matcher(text()).results().map(line -> line.group(1)).toList()
                    : SECOND_CELL.matcher(csv()).results().skip(1).map(line -> line.group(1)).toList();
        }

        public String subject() {
            return ask(message::getSubject);
        }

        public List<String> to() {
            return Stream.of(ask(message::getAllRecipients)).map(Object::toString).toList();
        }

        public String header(String name) {
            return ask(() -> Optional.ofNullable(message.getHeader(name, null)).map(MimeUtility::unfold).orElse(null));
        }

        private Optional<String> part(String type) {
            return parts.computeIfAbsent(type, missing -> ask(() -> part(message, missing)));
        }

        private static Optional<String> part(Part part, String type) throws MessagingException, IOException {
            if (part.isMimeType(type)) {
                return Optional.of(new String(part.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            }
            if (part.getContent() instanceof MimeMultipart parts) {
                for (int i = 0; i < parts.getCount(); i++) {
                    Optional<String> found = part(parts.getBodyPart(i), type);
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
            return Optional.empty();
        }

        private static <T> T ask(Question<T> question) {
            try {
                return question.ask();
            } catch (MessagingException | IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private interface Question<T> {
            T ask() throws MessagingException, IOException;
        }
    }
}
