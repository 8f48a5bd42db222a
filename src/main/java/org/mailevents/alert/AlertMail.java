package org.mailevents.alert;

import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.internet.MimeUtility;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.mailevents.settings.Settings;

/**
 * Makes a mail of the words of an alert or a notice. Only settings decide who receives the mail. No value of an event becomes a header,
 * except in the subject, where it is encoded (RFC 2047).
 */
final class AlertMail {

    /**
     * In bytes. As an encoded word after the name of the header, they fill a line of 76 characters, which is the maximum of RFC 2047,
     * section 2.
     */
    private static final int MAX_WORD = 39;

    private final Session session = Session.getInstance(new Properties());
    private final InternetAddress from;
    private final Recipients recipients;

    AlertMail(Settings settings, Recipients recipients) {
        this.from = Recipients.addresses(settings, "alert.from").get(0);
        this.recipients = recipients;
    }

    String sender() {
        return from.getAddress();
    }

    /**
     * Makes the mail for the recipient of a delivery.
     *
     * @param answers the links of the recipient, or null
     * @return the complete mail. Its Message-ID is the same for all recipients, and when the mail is made again.
     */
    Envelope make(Delivery delivery, MailWords words, AnswerLinks answers) throws MessagingException {
        Mailing mailing = delivery.mailing();
        Envelope mail = new Envelope(session, delivery.recipient());
        // if the mail server refuses one of several recipients, the others still get the mail
        mail.setSendPartial(true);
        mail.setFrom(from);
        mail.setRecipients(Message.RecipientType.TO, recipients.addresses(delivery).toArray(Address[]::new));
        mail.setHeader("Subject", encoded(words.subject()));
        mail.setSentDate(Date.from(mailing.madeAt()));
        // no automatic replies: RFC 3834, and the header that Exchange reads instead
        mail.setHeader("Auto-Submitted", "auto-generated");
        mail.setHeader("Precedence", "bulk");
        mail.setHeader("X-Auto-Response-Suppress", "All");
        // OwnBounces recognises a bounce of this mail: the vendor returns X-Api-Data in the webhook
        mail.setHeader("X-Mail-Events-Alert", mailing.id().toString());
        mail.setHeader("X-Api-Data", OwnBounces.MARK);
        if (mailing instanceof Alert alert) {
            // RFC 8058 knows only https
            if (answers != null && answers.lessOften().startsWith("https:")) {
                mail.setHeader("List-Unsubscribe", "<" + answers.lessOften() + ">");
                mail.setHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
            }
            if (!alert.thread().isEmpty()) {
                mail.setHeader("In-Reply-To", alert.thread().get(alert.thread().size() - 1));
                mail.setHeader("References", MimeUtility.fold("References: ".length(), String.join(" ", alert.thread())));
            }
            if (alert.urgent()) {
                mail.setHeader("Importance", "high");
                mail.setHeader("X-Priority", "1");
            }
        }
        if (words.html() == null) {
            mail.setText(lines(words.text()), StandardCharsets.UTF_8.name());
        } else {
            mail.setContent(content(words));
        }
        mail.saveChanges();
        mail.setHeader("Message-ID", messageId(mailing.id()));
        return mail;
    }

    /** The Message-ID of the mail with this id (RFC 5322, 3.6.4). */
    String messageId(UUID id) {
        String address = from.getAddress();
        return "<" + id + "@" + address.substring(address.lastIndexOf('@') + 1) + ">";
    }

    /**
     * Encodes the subject as encoded words (RFC 2047), unless it is plain ASCII. Text that looks like an encoded word is encoded too.
     * Jakarta Mail's own encoding leaves such text unchanged, and makes the first line too long.
     */
    private static String encoded(String subject) {
        if (subject.chars().allMatch(c -> c >= ' ' && c <= '~') && !subject.contains("=?")) {
            return MimeUtility.fold("Subject: ".length(), subject);
        }
        List<StringBuilder> words = new ArrayList<>(List.of(new StringBuilder()));
        subject.codePoints().mapToObj(Character::toString).forEach(character -> {
            StringBuilder word = words.get(words.size() - 1);
            if (bytes(word + character).length > MAX_WORD) {
                words.add(new StringBuilder(character));
            } else {
                word.append(character);
            }
        });
        return words.stream().map(word -> "=?UTF-8?B?" + Base64.getEncoder().encodeToString(bytes(word.toString())) + "?=")
                .collect(Collectors.joining("\r\n "));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MimeMultipart content(MailWords words) throws MessagingException {
        MimeMultipart alternative = new MimeMultipart("alternative", part(words.text(), "plain"), part(words.html(), "html"));
        if (words.csv() == null) {
            return alternative;
        }
        MimeBodyPart both = new MimeBodyPart();
        both.setContent(alternative);
        // without a byte order mark, Excel reads UTF-8 as the encoding of its country
        MimeBodyPart csv = part("\uFEFF" + words.csv(), "csv");
        csv.setFileName(words.file());
        csv.setDisposition("attachment");
        csv.setHeader("Content-Transfer-Encoding", "base64");
        return new MimeMultipart("mixed", both, csv);
    }

    private static MimeBodyPart part(String text, String subtype) throws MessagingException {
        MimeBodyPart part = new MimeBodyPart();
        part.setText(lines(text), StandardCharsets.UTF_8.name(), subtype);
        return part;
    }

    /** The lines of a text end with CRLF before they are encoded (RFC 2046, 4.1.1). */
    private static String lines(String text) {
        return text.replaceAll("\r?\n", "\r\n");
    }

    /** A mail whose envelope has one recipient, whatever its headers say. */
    static final class Envelope extends SMTPMessage {

        private final String recipient;

        /** @param recipient an address, or empty for all recipients in the headers */
        private Envelope(Session session, String recipient) {
            super(session);
            this.recipient = recipient;
        }

        @Override
        public Address[] getAllRecipients() throws MessagingException {
            return recipient.isEmpty() ? super.getAllRecipients() : new Address[] {new InternetAddress(recipient)};
        }
    }
}
