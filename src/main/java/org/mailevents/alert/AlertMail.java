package org.mailevents.alert;

import freemarker.template.TemplateException;
import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.mailevents.operate.Settings;

/**
 * Renders an alert into a mail with an HTML and a text part. Whom it goes to is a setting and nothing else: no value of an event
 * becomes a header but inside the subject, and there encoded (RFC 2047).
 */
final class AlertMail {

    private final Session session = Session.getInstance(new Properties());
    private final AlertTemplates templates;
    private final Settings settings;
    private final InternetAddress from;

    AlertMail(Settings settings, AlertTemplates templates) {
        this.settings = settings;
        this.templates = templates;
        this.from = addresses("alert.from").get(0);
        addresses("alert.to");
        settings.audiences().forEach(this::addresses);
    }

    /**
     * @param alreadyTaken the recipients for whom a mail server has taken or refused this mail before: they are left out
     * @return the mail, complete with its Message-ID, which is the same for the same alert
     */
    SMTPMessage render(Mailing mailing, Set<Address> alreadyTaken) throws MessagingException, IOException, TemplateException {
        SMTPMessage mail = new SMTPMessage(session);
        // one recipient whom the mail server refuses must not keep the mail from the others
        mail.setSendPartial(true);
        mail.setFrom(from);
        String audience = "alert.to." + mailing.audience();
        for (InternetAddress to : addresses(settings.text(audience).isEmpty() ? "alert.to" : audience)) {
            if (!alreadyTaken.contains(to)) {
                mail.addRecipient(Message.RecipientType.TO, to);
            }
        }
        AlertTemplates.Words words = templates.render(mailing);
        mail.setSubject(words.subject(), StandardCharsets.UTF_8.name());
        mail.setSentDate(new Date());
        // RFC 3834: no automatic answers
        mail.setHeader("Auto-Submitted", "auto-generated");
        if (words.html() == null) {
            mail.setText(words.text(), StandardCharsets.UTF_8.name());
        } else {
            mail.setContent(new MimeMultipart("alternative", part(words.text(), "plain"), part(words.html(), "html")));
        }
        mail.saveChanges();
        mail.setHeader("Message-ID", messageId(mailing.id()));
        return mail;
    }

    private String messageId(UUID id) {
        String address = from.getAddress();
        return "<" + id + "@" + address.substring(address.lastIndexOf('@') + 1) + ">";
    }

    private static MimeBodyPart part(String text, String subtype) throws MessagingException {
        MimeBodyPart part = new MimeBodyPart();
        part.setText(text, StandardCharsets.UTF_8.name(), subtype);
        return part;
    }

    private List<InternetAddress> addresses(String key) {
        try {
            List<InternetAddress> addresses = List.of(InternetAddress.parse(settings.required(key), true));
            if (!addresses.isEmpty() && addresses.stream().allMatch(address -> address.getAddress().contains("@"))) {
                return addresses;
            }
        } catch (AddressException e) {
            throw new IllegalArgumentException("Set " + key + " to mail addresses, comma-separated: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("Set " + key + " to mail addresses, comma-separated, each with its @");
    }
}
