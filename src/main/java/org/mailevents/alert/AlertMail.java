package org.mailevents.alert;

import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMultipart;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.mailevents.operate.Settings;

/**
 * Renders an alert into a mail with an HTML and a text part, from the templates in {@code routes/templates/}. They are read again
 * within a second of being saved. Whom it goes to is a setting and nothing else: no value of an event becomes a header but inside
 * the subject, and there encoded (RFC 2047).
 */
final class AlertMail {

    private static final File TEMPLATES = new File("routes/templates");

    private final Session session = Session.getInstance(new Properties());
    private final Configuration templates;
    private final Settings settings;
    private final InternetAddress from;

    AlertMail(Settings settings) {
        this.settings = settings;
        this.from = addresses("alert.from").get(0);
        addresses("alert.to");
        settings.audiences().forEach(this::addresses);
        this.templates = templates(settings.required("alert.language"), settings.zone("webhook.time-zone").getId());
    }

    private static Configuration templates(String language, String zone) {
        if (!new File(TEMPLATES, "words." + language + ".ftl").isFile()) {
            throw new IllegalArgumentException("Set alert.language to a language that has its words: there is no " + TEMPLATES + "/words."
                    + language + ".ftl");
        }
        try {
            Configuration templates = new Configuration(Configuration.VERSION_2_3_34);
            templates.setDirectoryForTemplateLoading(TEMPLATES);
            templates.setDefaultEncoding(StandardCharsets.UTF_8.name());
            templates.setTemplateUpdateDelayMilliseconds(1_000);
            templates.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
            templates.setLogTemplateExceptions(false);
            templates.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
            templates.setSharedVariable("language", language);
            templates.setSharedVariable("zone", zone);
            return templates;
        } catch (IOException | TemplateException e) {
            throw new IllegalStateException(TEMPLATES + " cannot be read", e);
        }
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
        mail.setSentDate(new Date());
        // RFC 3834: no automatic answers
        mail.setHeader("Auto-Submitted", "auto-generated");
        if (mailing instanceof Alert alert) {
            Map<String, Object> model = Map.of("alert", alert);
            mail.setSubject(fill("alert.subject.ftl", model).strip(), StandardCharsets.UTF_8.name());
            mail.setContent(new MimeMultipart("alternative", part(fill("alert.txt.ftl", model), "plain"), part(fill("alert.html.ftlh", model), "html")));
        } else {
            Map<String, Object> model = Map.of("notice", mailing, "folder", settings.text("spool.directory"));
            mail.setSubject(fill("notice.subject.ftl", model).strip(), StandardCharsets.UTF_8.name());
            mail.setText(fill("notice.txt.ftl", model), StandardCharsets.UTF_8.name());
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

    private String fill(String template, Map<String, Object> model) throws IOException, TemplateException {
        StringWriter text = new StringWriter();
        templates.getTemplate(template).process(model, text);
        return text.toString();
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
