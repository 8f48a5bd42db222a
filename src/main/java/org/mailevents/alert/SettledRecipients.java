package org.mailevents.alert;

import jakarta.mail.Address;
import jakarta.mail.SendFailedException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers which recipients of a mail are settled, so that only the others get the mail again. The mail server has accepted the mail for a
 * settled recipient or has refused it permanently. A restart forgets the settled recipients, and they get the mail twice.
 *
 * @param byMail the settled recipients by the id of the mail; several threads may change it
 */
record SettledRecipients(Map<UUID, Set<Address>> byMail) {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    Set<Address> of(Mailing mailing) {
        return byMail.getOrDefault(mailing.id(), Set.of());
    }

    void forget(Mailing mailing) {
        byMail.remove(mailing.id());
    }

    /**
     * Adds the recipients that this failure settles. A permanent refusal is a reply of class 5 (RFC 5321, 4.2.1).
     *
     * @return whether no recipient needs the mail any more. If all recipients refuse a mail, it is retried, because nobody would have
     *     received it.
     */
    boolean areAllSettled(Mailing mailing, SendFailedException failure) {
        Set<Address> all = new HashSet<>(of(mailing));
        all.addAll(list(failure.getValidSentAddresses()));
        if (all.isEmpty()) {
            return false;
        }
        List<Address> refused = list(failure.getInvalidAddresses());
        if (!refused.isEmpty()) {
            LOG.error("The mail server permanently refuses {} recipients of the audience {}. Correct alert.to.", refused.size(),
                    mailing.audience());
        }
        all.addAll(refused);
        byMail.put(mailing.id(), all);
        return list(failure.getValidUnsentAddresses()).isEmpty();
    }

    private static List<Address> list(Address[] addresses) {
        return addresses == null ? List.of() : Arrays.asList(addresses);
    }
}
