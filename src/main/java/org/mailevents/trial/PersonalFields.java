package org.mailevents.trial;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.event.MailEvent;
import org.mailevents.privacy.RecipientHash;

/**
 * Knows which events are no longer as the routes saw them, and which route files could decide differently because of that: those that read
 * one of the fields that are removed.
 */
final class PersonalFields {

    /** The fields as an expression reads them: {@code body.recipient}, {@code body['recipient']}, {@code event.getRecipient}. */
    private static final Pattern READ = Pattern.compile("[.\\[?]\\s*['\"]?(?:get)?(?:recipient|address|domain|sender|returnPath"
            + "|subject|apiData|reason|extra|messageId|sourceIp|senderIp|createdText)\\b", Pattern.CASE_INSENSITIVE);

    private final RecipientHash hash;

    /** @param hash the hash of recipients that is in use now */
    PersonalFields(RecipientHash hash) {
        this.hash = hash;
    }

    /**
     * Whether an event came to the routes with other fields than those of its row: its personal data has been removed, or recipients are
     * hashed now and were not when it was stored, or the other way round.
     */
    boolean differIn(MailEvent event) {
        return Stream.of(event.recipient(), event.sender(), event.returnPath(), event.subject(), event.apiData(), event.reason(),
                event.extra(), event.messageId(), event.sourceIp(), event.senderIp(), event.createdText()).allMatch(field -> field == null)
                || event.recipient() != null && !event.recipient().isBlank() && RecipientHash.isHash(event.recipient()) == hash.isOff();
    }

    /** The files that read such a field outside of a comment. */
    static Set<String> readBy(Map<String, String> files) {
        return files.entrySet().stream().filter(file -> file.getValue().lines()
                        .anyMatch(line -> !line.strip().startsWith("#") && READ.matcher(line).find()))
                .map(Map.Entry::getKey).collect(Collectors.toSet());
    }
}
