package org.mailevents.alert;

import jakarta.mail.SendFailedException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.mailevents.log.FailureText;

/**
 * A server refuses a delivery permanently. It would give the same reply to each retry, unless somebody changes something.
 *
 * @param ofRecipient whether it refuses the recipient, whatever the mail, and not this mail
 * @param setting     the setting to look at
 * @param reply       what the server answered: one line without addresses
 */
record Refusal(boolean ofRecipient, String setting, String reply) {

    /**
     * Reads the reply of a mail server. Permanent is a reply of class 5 (RFC 5321, 4.2.1) to the recipient or to the mail. A 552 to a
     * recipient is temporary (RFC 5321, 4.5.3.1.10). A reply to the sender or to the password concerns all mails and not this one, so it
     * is no refusal of the mail.
     *
     * @param recipientsSetting the setting that names the recipient
     * @return empty if the failure is temporary
     */
    static Optional<Refusal> of(Throwable failure, String recipientsSetting) {
        for (Throwable cause : causes(failure).toList()) {
            if (cause instanceof SMTPAddressFailedException refused && isPermanent(refused.getReturnCode())
                    && refused.getReturnCode() != 552) {
                return Optional.of(new Refusal(true, recipientsSetting, FailureText.line(refused.getMessage())));
            }
            if (cause instanceof SMTPSendFailedException refused && isPermanent(refused.getReturnCode())
                    && (refused.getCommand().equals("DATA") || refused.getCommand().equals("."))
                    && causes(failure).noneMatch(SMTPAddressFailedException.class::isInstance)) {
                return Optional.of(new Refusal(false, "alert.endpoint", FailureText.line(refused.getMessage())));
            }
        }
        return Optional.empty();
    }

    /** Whether some recipients got the mail, though it failed for others. */
    static boolean isPartial(Throwable failure) {
        return causes(failure).anyMatch(cause -> cause instanceof SendFailedException failed && failed.getValidSentAddresses() != null
                && failed.getValidSentAddresses().length > 0);
    }

    private static boolean isPermanent(int code) {
        return code >= 500 && code <= 599;
    }

    private static Stream<Throwable> causes(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
    }
}
