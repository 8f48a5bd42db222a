package org.mailevents.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.IntUnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Hides the recipients of what comes in behind their {@link RecipientHash}, before anything is made of it: ids, rows and copies are of the hashed
 * form. Hidden are the recipient's fields, the recipient wherever else it stands (a return path can hold it: {@code bounce+user=example.net@…}), the local part
 * alone in a reply ({@code <user>: unknown}), and whatever looks like an address in texts that anybody may have written. The sender's own fields and the
 * Message-ID keep theirs. What is hidden already remains as it is, so that it can be sent in again.
 */
public final class HiddenRecipients {

    private static final Set<String> RECIPIENT_KEYS = Set.of("to", "envelopeTo");
    /** Addresses in these are the sender's, unless they are the recipient's. */
    private static final Set<String> SENDER_KEYS = Set.of("from", "returnPath", "envelopeFrom", "messageId");
    private static final String REASON = "reason";
    /** What may stand for the at sign: VERP has =, source routes %, URLs %40, and web pages the others. */
    private static final List<String> AT = List.of("@", "=", "%40", "%", "＠", "&#64;", "\\u0040");
    /** A reply code or an enhanced one (RFC 3463) is no name, though an address may begin so. */
    private static final Pattern CODE = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){0,2}");

    /** RFC 5321 has 64 bytes. A longer one is no address, and not looked for: that would take its length times the text's. */
    private static final int MAX_LOCAL = 256;
    private static final int NOT_HERE = -1;

    private static final String LETTERS = "(?<![^\\x00-\\x7F])[\\p{L}\\p{N}&&[^\\x00-\\x7F]]++";
    private static final String DOMAIN = "(?:[A-Za-z0-9_-]++(?:\\.[A-Za-z0-9_-]++)*+|[\\p{L}\\p{N}_-]++(?:\\.[\\p{L}\\p{N}_-]++)*+|\\[[^\\]\\s]{1,64}])";
    private static final String ATEXT = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]";
    /**
     * An address in running text: the local part in ASCII (RFC 5322, 3.2.3), in other letters (RFC 6531) or in quotes. Of Japanese text that touches an
     * address nothing is taken for a part of it. Each start is looked at once, so a hostile text takes no longer than another.
     */
    private static final Pattern ADDRESS = Pattern.compile("(?:(?<!" + ATEXT + ")" + ATEXT + "++|" + LETTERS + "|\"[^\"@]{1,64}\")@" + DOMAIN);
    /** The same as in a URL (RFC 3986, 2.1), in HTML, or with a full-width sign. */
    private static final Pattern SPELLED = Pattern.compile("(?:(?<![A-Za-z0-9._~%+-])(?:[A-Za-z0-9._~+-]|%(?!40)[0-9A-Fa-f]{2})++|" + LETTERS + ")"
            + "(%40|&#64;|＠)" + DOMAIN);
    private static final Pattern HIDDEN = Pattern.compile("(?:.*[^A-Za-z0-9._+-])?h-[0-9a-f]{32}@.*", Pattern.DOTALL);
    /** Of JSON (RFC 8259, section 7); of a printable ASCII character, which need not be escaped, its code is the group. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u00([2-7][0-9A-Fa-f])|.)", Pattern.DOTALL);

    /** A recipient in JSON, which may be cut off behind it. */
    private static final Pattern RECIPIENT = Pattern.compile("\"(?:to|envelopeTo)\"\\s*+:\\s*+\"((?:[^\"\\\\]|\\\\.){1,400}+)", Pattern.DOTALL);
    /** The word is the group: what a local part mostly consists of, and begins and ends with. */
    private static final Pattern KEY_OR_WORD = Pattern.compile("\"\\w{1,64}+\"\\s*+:|([A-Za-z0-9]++(?:[._+-]++[A-Za-z0-9]++)*+)");

    private final RecipientHash hash;

    public HiddenRecipients(RecipientHash hash) {
        this.hash = hash;
    }

    /** Whether nothing is hidden. */
    public boolean isOff() {
        return hash.isOff();
    }

    /** One address to be looked for in texts. */
    private record Recipient(String local, String domain, String hashedLocal) {

        /** As it is, and as in a URL. */
        static Stream<Recipient> of(String address, String hash) {
            String bare = RecipientHash.bare(address);
            int at = bare.lastIndexOf('@');
            String hashedLocal = hash.split("@", 2)[0];
            String local = at < 0 ? bare : bare.substring(0, at);
            return Stream.of(local, URLEncoder.encode(local, StandardCharsets.UTF_8)).distinct()
                    .map(spelled -> new Recipient(spelled, at < 0 ? null : bare.substring(at + 1), hashedLocal));
        }

        /** Hides it wherever its domain follows. */
        String hide(String text) {
            return replace(text, at -> {
                int end = at + local.length();
                return isDomainBehind(text, end) && (text.charAt(end) != '@' || at == 0 || !isPartOfAddress(text.charAt(at - 1)))
                        ? domain.length() : NOT_HERE;
            });
        }

        /** Hides the local part where it is a word of its own. */
        String hideAlone(String text) {
            return !mayStandAlone() ? text : replace(text, at -> {
                int end = at + local.length();
                return (at == 0 || !isWord(text.charAt(at - 1))) && (end == text.length() || !isWord(text.charAt(end))) ? 0 : NOT_HERE;
            });
        }

        boolean mayStandAlone() {
            return local.length() >= 2 && !CODE.matcher(local).matches();
        }

        /** @param here of a place where the local part is found, how much behind it is not looked into, or else NOT_HERE */
        private String replace(String text, IntUnaryOperator here) {
            int at = find(text, 0);
            if (at < 0) {
                return text;
            }
            StringBuilder hidden = new StringBuilder();
            int copied = 0;
            while (at >= 0) {
                int behind = here.applyAsInt(at);
                if (behind != NOT_HERE) {
                    hidden.append(text, copied, at).append(hashedLocal);
                    copied = at + local.length();
                }
                at = find(text, behind == NOT_HERE ? at + 1 : copied + behind);
            }
            return hidden.append(text, copied, text.length()).toString();
        }

        private int find(String text, int from) {
            if (local.isEmpty() || local.length() > MAX_LOCAL) {
                return -1;
            }
            for (int i = from; i <= text.length() - local.length(); i++) {
                if (text.regionMatches(true, i, local, 0, local.length())) {
                    return i;
                }
            }
            return -1;
        }

        private boolean isDomainBehind(String text, int end) {
            if (domain != null) {
                for (String sign : AT) {
                    if (text.startsWith(sign, end) && text.regionMatches(true, end + sign.length(), domain, 0, domain.length())) {
                        return true;
                    }
                }
            }
            return false;
        }

        private static boolean isPartOfAddress(char c) {
            return isWord(c) || "._+-".indexOf(c) >= 0;
        }

        private static boolean isWord(char c) {
            return c < 0x80 && Character.isLetterOrDigit(c);
        }
    }

    /**
     * @param element of the array, whatever its type
     * @return a copy in which they are hidden
     */
    public JsonNode in(JsonNode element) {
        if (isOff() || !element.isObject()) {
            return isOff() ? element : everywhere(element, List.of());
        }
        List<Recipient> recipients = new ArrayList<>(1);
        for (String key : RECIPIENT_KEYS) {
            String address = element.path(key).asText();
            if (isScalar(element.path(key)) && !address.isBlank()) {
                Recipient.of(address, hash.of(address)).forEach(recipients::add);
            }
        }
        ObjectNode hidden = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> field : element.properties()) {
            hidden.set(text(field.getKey()), value(field.getKey(), field.getValue(), recipients));
        }
        return hidden;
    }

    private JsonNode value(String key, JsonNode value, List<Recipient> recipients) {
        if (RECIPIENT_KEYS.contains(key) && isScalar(value)) {
            return TextNode.valueOf(hash.of(value.asText()));
        }
        if (value.isTextual()) {
            String text = each(recipients, value.textValue(), Recipient::hide);
            if (!SENDER_KEYS.contains(key)) {
                text = text(text);
            }
            return TextNode.valueOf(key.equals(REASON) ? each(recipients, text, Recipient::hideAlone) : text);
        }
        return everywhere(value, recipients);
    }

    private static boolean isScalar(JsonNode value) {
        return value.isValueNode() && !value.isNull();
    }

    /** Keys of which nothing is known, where every address is hidden. */
    public ObjectNode beside(ObjectNode beside) {
        return isOff() ? beside : (ObjectNode) everywhere(beside, List.of());
    }

    private JsonNode everywhere(JsonNode node, List<Recipient> recipients) {
        if (node.isObject()) {
            ObjectNode hidden = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(field -> hidden.set(text(field.getKey()), everywhere(field.getValue(), recipients)));
            return hidden;
        }
        if (node.isArray()) {
            ArrayNode hidden = JsonNodeFactory.instance.arrayNode(node.size());
            node.forEach(element -> hidden.add(everywhere(element, recipients)));
            return hidden;
        }
        return node.isTextual() ? TextNode.valueOf(text(each(recipients, node.textValue(), Recipient::hide))) : node;
    }

    private static String each(List<Recipient> recipients, String text, BiFunction<Recipient, String, String> hide) {
        String hidden = text;
        for (Recipient recipient : recipients) {
            hidden = hide.apply(recipient, hidden);
        }
        return hidden;
    }

    /** Running text: every address in it is hidden. */
    public String text(String text) {
        if (isOff() || text == null) {
            return text;
        }
        String hidden = text.indexOf('@') < 0 ? text : ADDRESS.matcher(text).replaceAll(found -> hidden(found.group(), found.group()));
        return SPELLED.matcher(hidden).replaceAll(found -> hidden(found.group(), decoded(found.group().replace(found.group(1), "@"))));
    }

    private String hidden(String found, String address) {
        return Matcher.quoteReplacement(HIDDEN.matcher(address).matches() ? found : hash.of(address));
    }

    private static String decoded(String address) {
        return URLDecoder.decode(address.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * Text that may be broken JSON: an address in it can be written with escapes, and an escape before it is no part of it. The local part of a recipient is
     * hidden wherever it stands alone, because nobody knows where a reply begins; but not as a key.
     */
    public String broken(String json) {
        if (isOff()) {
            return json;
        }
        Map<String, String> locals = new HashMap<>();
        RECIPIENT.matcher(json).results().map(found -> unescaped(found.group(1))).flatMap(address -> Recipient.of(address, hash.of(address)))
                .filter(Recipient::mayStandAlone).forEach(recipient -> locals.put(recipient.local().toLowerCase(Locale.ROOT), recipient.hashedLocal()));
        StringBuilder hidden = new StringBuilder();
        StringBuilder plain = new StringBuilder();
        Matcher escape = ESCAPE.matcher(json);
        int copied = 0;
        while (escape.find()) {
            plain.append(json, copied, escape.start());
            char character = character(escape);
            if (character == '"' || character == '\\' || character == 0x7F) {
                hidden.append(hideAlone(locals, text(plain.toString()))).append(escape.group());
                plain.setLength(0);
            } else {
                plain.append(character);
            }
            copied = escape.end();
        }
        return hidden.append(hideAlone(locals, text(plain.append(json, copied, json.length()).toString()))).toString();
    }

    /** In one pass, because a body may have many recipients. */
    private static String hideAlone(Map<String, String> locals, String text) {
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
