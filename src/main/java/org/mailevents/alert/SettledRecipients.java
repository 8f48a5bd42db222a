package org.mailevents.alert;

import jakarta.mail.Address;
import jakarta.mail.SendFailedException;
import jakarta.mail.internet.InternetAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers which recipients of a mail are settled, so that only the others get the mail again. The mail server has accepted the mail for a
 * settled recipient or has refused it permanently. {@link AlertOutbox} stores the settled recipients with the mail, because another process
 * may retry it.
 *
 * @param byMail the settled recipients by the id of the mail; several threads may change it
 */
record SettledRecipients(Map<UUID, Set<Address>> byMail) {

    private static final String SEPARATOR = "\n";

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    Set<Address> of(Mailing mailing) {
        return byMail.getOrDefault(mailing.id(), Set.of());
    }

    void forget(UUID mail) {
        byMail.remove(mail);
    }

    /** The settled recipients of a mail in the form in which they are stored: one address on each line; null if there are none. */
    String stored(UUID mail) {
        Set<Address> settled = byMail.getOrDefault(mail, Set.of());
        return settled.isEmpty() ? null : settled.stream().map(address -> ((InternetAddress) address).getAddress()).sorted()
                .collect(Collectors.joining(SEPARATOR));
    }

    /** Adds the recipients that {@link #stored} has given, perhaps to another process. */
    void restore(UUID mail, String stored) {
        if (stored != null) {
            Set<Address> all = new HashSet<>(byMail.getOrDefault(mail, Set.of()));
            for (String text : stored.split(SEPARATOR)) {
                InternetAddress address = new InternetAddress();
                address.setAddress(text);
                all.add(address);
            }
            byMail.put(mail, all);
        }
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
