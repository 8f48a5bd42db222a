package org.mailevents.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces recipients by their {@link RecipientHash} as soon as a webhook has been received: ids, rows and copies are made of the hashed
 * form. This class hides:
 * <ul>
 * <li>the fields of the recipient,
 * <li>the recipient in any other field (a return path can hold it: {@code bounce+user=example.net@…}),
 * <li>the local part alone in a reply ({@code <user>: unknown}),
 * <li>everything that looks like an address, in texts that strangers may have written.
 * </ul>
 * The sender's own fields and the Message-ID keep their addresses. A hash stays as it is, so that a hidden webhook can be replayed.
 */
public final class HiddenRecipients {

    private static final Set<String> RECIPIENT_KEYS = Set.of("to", "envelopeTo");
    /** Addresses in these fields belong to the sender, unless they are the recipient's. */
    private static final Set<String> SENDER_KEYS = Set.of("from", "returnPath", "envelopeFrom", "messageId");
    private static final String REASON = "reason";

    private static final String LETTERS = "(?<![^\\x00-\\x7F])[\\p{L}\\p{N}&&[^\\x00-\\x7F]]++";
    private static final String DOMAIN = "(?:[A-Za-z0-9_-]++(?:\\.[A-Za-z0-9_-]++)*+"
            + "|[\\p{L}\\p{N}_-]++(?:\\.[\\p{L}\\p{N}_-]++)*+|\\[[^\\]\\s]{1,64}])";
    private static final String ATEXT = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]";
    /**
     * An address in running text. Its local part is ASCII (RFC 5322, 3.2.3), other letters (RFC 6531) or quoted. Japanese text that touches
     * an address is not taken for a part of it. The possessive quantifiers keep the time linear, also for a hostile text.
     */
    private static final Pattern ADDRESS = Pattern.compile(
            "(?:(?<!" + ATEXT + ")" + ATEXT + "++|" + LETTERS + "|\"[^\"@]{1,64}\")@" + DOMAIN);
    /** An address as in a URL (RFC 3986, 2.1), as in HTML, or with a full-width at sign. The group is the at sign. */
    private static final Pattern ENCODED_ADDRESS = Pattern.compile(
            "(?:(?<![A-Za-z0-9._~%+-])(?:[A-Za-z0-9._~+-]|%(?!40)[0-9A-Fa-f]{2})++|" + LETTERS + ")(%40|&#64;|＠)" + DOMAIN);
    /** An address whose local part is a hash, perhaps with other text before it. */
    private static final Pattern HIDDEN = Pattern.compile("(?:.*[^A-Za-z0-9._+-])?h-[0-9a-f]{32}@.*", Pattern.DOTALL);
    /** An escape of JSON (RFC 8259, section 7). The group is the code of a printable ASCII character, which need not be escaped. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u00([2-7][0-9A-Fa-f])|.)", Pattern.DOTALL);

    /** A recipient in JSON that may be cut off behind it. The group is the address. */
    private static final Pattern RECIPIENT = Pattern.compile(
            "\"(?:to|envelopeTo)\"\\s*+:\\s*+\"((?:[^\"\\\\]|\\\\.){1,400}+)", Pattern.DOTALL);
    /** A key of JSON, or a word. The group is the word: characters of which most local parts consist. */
    private static final Pattern KEY_OR_WORD = Pattern.compile("\"\\w{1,64}+\"\\s*+:|([A-Za-z0-9]++(?:[._+-]++[A-Za-z0-9]++)*+)");

    private final RecipientHash hash;

    /** @param hash makes the replacements; when it is off, nothing is hidden */
    public HiddenRecipients(RecipientHash hash) {
        this.hash = hash;
    }

    /** Whether nothing is hidden. */
    public boolean isOff() {
        return hash.isOff();
    }

    /**
     * @param element an element of the webhook's array, of any JSON type
     * @return a copy in which the recipients are hidden
     */
    public JsonNode inElement(JsonNode element) {
        if (isOff() || !element.isObject()) {
            return isOff() ? element : hideInTexts(element, List.of());
        }
        List<KnownRecipient> recipients = new ArrayList<>(1);
        for (String key : RECIPIENT_KEYS) {
            String address = element.path(key).asText();
            if (isScalar(element.path(key)) && !address.isBlank()) {
                KnownRecipient.spellings(address, hash.of(address)).forEach(recipients::add);
            }
        }
        ObjectNode hidden = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> field : element.properties()) {
            hidden.set(inText(field.getKey()), value(field.getKey(), field.getValue(), recipients));
        }
        return hidden;
    }

    private JsonNode value(String key, JsonNode value, List<KnownRecipient> recipients) {
        if (RECIPIENT_KEYS.contains(key) && isScalar(value)) {
            return TextNode.valueOf(hash.of(value.asText()));
        }
        if (value.isTextual()) {
            String text = hideEach(recipients, value.textValue(), KnownRecipient::hideAddress);
            if (!SENDER_KEYS.contains(key)) {
                text = inText(text);
            }
            return TextNode.valueOf(key.equals(REASON) ? hideEach(recipients, text, KnownRecipient::hideWord) : text);
        }
        return hideInTexts(value, recipients);
    }

    private static boolean isScalar(JsonNode value) {
        return value.isValueNode() && !value.isNull();
    }

    /** @return a copy of the webhook's unknown fields, in which every address is hidden */
    public ObjectNode inUnknownFields(ObjectNode fields) {
        return isOff() ? fields : (ObjectNode) hideInTexts(fields, List.of());
    }

    private JsonNode hideInTexts(JsonNode node, List<KnownRecipient> recipients) {
        if (node.isObject()) {
            ObjectNode hidden = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(field -> hidden.set(inText(field.getKey()), hideInTexts(field.getValue(), recipients)));
            return hidden;
        }
        if (node.isArray()) {
            ArrayNode hidden = JsonNodeFactory.instance.arrayNode(node.size());
            node.forEach(element -> hidden.add(hideInTexts(element, recipients)));
            return hidden;
        }
        return node.isTextual() ? TextNode.valueOf(inText(hideEach(recipients, node.textValue(), KnownRecipient::hideAddress))) : node;
    }

    private static String hideEach(List<KnownRecipient> recipients, String text, BiFunction<KnownRecipient, String, String> hide) {
        String hidden = text;
        for (KnownRecipient recipient : recipients) {
            hidden = hide.apply(recipient, hidden);
        }
        return hidden;
    }

    /** @return the text, in which every address is hidden; null for null */
    public String inText(String text) {
        if (isOff() || text == null) {
            return text;
        }
        String hidden = text.indexOf('@') < 0
                ? text : ADDRESS.matcher(text).replaceAll(found -> replacement(found.group(), found.group()));
        return ENCODED_ADDRESS.matcher(hidden)
                .replaceAll(found -> replacement(found.group(), decoded(found.group().replace(found.group(1), "@"))));
    }

    private String replacement(String found, String address) {
        return Matcher.quoteReplacement(HIDDEN.matcher(address).matches() ? found : hash.of(address));
    }

    private static String decoded(String address) {
        return URLDecoder.decode(address.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * Hides recipients in a text that may be broken JSON. An address can be written with escapes there, and an escape before an address is
     * not a part of it. The local part of a recipient is hidden wherever it is a word, because nothing tells where a reply begins. Keys
     * stay.
     */
    public String inBrokenJson(String json) {
        if (isOff()) {
            return json;
        }
        Map<String, String> locals = new HashMap<>();
        RECIPIENT.matcher(json).results().map(found -> unescaped(found.group(1)))
                .flatMap(address -> KnownRecipient.spellings(address, hash.of(address)))
                .filter(KnownRecipient::mayBeAWord)
                .forEach(recipient -> locals.put(recipient.local().toLowerCase(Locale.ROOT), recipient.hashedLocal()));
        StringBuilder hidden = new StringBuilder();
        StringBuilder plain = new StringBuilder();
        Matcher escape = ESCAPE.matcher(json);
        int copied = 0;
        while (escape.find()) {
            plain.append(json, copied, escape.start());
            char character = character(escape);
            if (character == '"' || character == '\\' || character == 0x7F) {
                hidden.append(hideWords(locals, inText(plain.toString()))).append(escape.group());
                plain.setLength(0);
            } else {
                plain.append(character);
            }
            copied = escape.end();
        }
        return hidden.append(hideWords(locals, inText(plain.append(json, copied, json.length()).toString()))).toString();
    }

    /** Hides the local parts of all recipients in one pass, because a body may have many recipients. */
    private static String hideWords(Map<String, String> locals, String text) {
        return locals.isEmpty() ? text : KEY_OR_WORD.matcher(text).replaceAll(found -> Matcher.quoteReplacement(
                found.group(1) == null ? found.group() : locals.getOrDefault(found.group(1).toLowerCase(Locale.ROOT), found.group(1))));
    }

    private static String unescaped(String json) {
        return ESCAPE.matcher(json).replaceAll(escape -> Matcher.quoteReplacement(escape.group(1) == null ? escape.group()
                : String.valueOf(character(escape))));
    }

    private static char character(MatchResult escape) {
        return escape.group(1) == null ? '"' : (char) Integer.parseInt(escape.group(1), 16);
    }
}
