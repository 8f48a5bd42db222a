package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * A webhook with good events and hostile elements. Its top level may be altered, and its bytes may be damaged.
 *
 * @param damage the damage to its bytes, after the mark that each mutant begins with
 */
public record Mutant(String eventType, List<Element> elements, Envelope envelope, Encoding encoding, List<Damage> damage) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<ObjectNode> REAL = Payload.files().filter(payload -> payload.name().endsWith(".json"))
            .flatMap(Mutant::elements).toList();
    private static final List<String> KEYS = List.of("created", "returnPath", "from", "to", "messageId", "reason", "senderIp", "sourceIp",
            "status", "subject",
            "apiData", "envelopeFrom", "envelopeTo", "kind", "audience", "event_id", "api_key", "event", "@type", "class", "", "a\\u0000b",
            "\\ud83d", "キー");

    private static final List<String> VALUES = List.of("null", "true", "false", "0", "-0", "2", "1e400", "-1E-400", "1e999999999",
            "9".repeat(999), "0.1e-7",
            "12345678901234567890", "{}", "[]", "[[[[[[]]]]]]");
    private static final List<String> TEXTS = List.of("", " ", "\0", "a\0b", "\uD83D", "\uDE00\uD83D", "\uFFFF", "\u2028", "\u202Ea",
            "𠮷野家", "null", "queued",
            "failed", "deferred", "2", "99", "12345678901234567890", "2026-02-30 09:00:00", "0000-00-00 00:00:00", "9999-12-31 23:59:59",
            "-999999999-01-01 00:00:00", "2026-10-01T09:00:00Z", "'; DROP TABLE mail_event; --", "${body}", "{{database.password}}",
            "<#assign x=1>",
            "<script>", "%00%zz+&=", "\\u0000", "a,b{c}\"d\\", "o'brien@example.org", "\r\nBcc: a@example.com", "../../x", "{\"to\":1}");
    private static final List<String> UNREADABLE = List.of("{]", "undefined", "NaN", "'a'", "\"a\nb\"", "\"\\x\"", "\"\\uD83\"", "\0",
            "01", "1e9999999999", "9".repeat(1_001),
            "{\"a\":".repeat(200) + "1" + "}".repeat(200), "[".repeat(5_000), "\"" + "a".repeat(70_000), "{\"" + "k".repeat(60_000)
            + "\":1}");

    /**
     * One element of the array.
     *
     * @param json     the text of the element. A good element has {@code #} instead of its number.
     * @param readable whether a body with this element can still be read as JSON
     */
    record Element(String json, boolean good, boolean readable) {

        String json(String number) {
            return good ? json.replace("#", number) : json;
        }
    }

    /** An alteration outside the elements. */
    public enum Envelope {
        AS_SENT, REVERSED, EVENT_AS_TEXT, WITHOUT_SERVER, SPACED, UNKNOWN_KEY, SERVER_OF_ANOTHER_TYPE,
        BYTE_ORDER_MARK, EVENT_MISNAMED, EVENT_MISSING, TYPE_MISNAMED, TYPE_OF_ANOTHER_ARRAY, TYPE_IS_A_LIST, ARRAY_IS_AN_OBJECT,
        EVENT_TWICE, TRAILING_TEXT,
        LONG_UNKNOWN_KEY, NUL_IN_TYPE;

        /** Whether Mail Events has to accept such a webhook. */
        boolean harmless() {
            return ordinal() <= SERVER_OF_ANOTHER_TYPE.ordinal();
        }
    }

    /** How the body is encoded, and what its header says about the encoding. */
    public enum Encoding {
        JSON(MailEvents.JSON, false), JSON_UTF8("application/json; charset=UTF-8", false),
                JSON_OTHER_CHARSET("Application/JSON;charset=GB18030", false),
        FORM(MailEvents.FORM, true),
        JSON_AS_FORM(MailEvents.FORM, false), FORM_AS_JSON(MailEvents.JSON, true),
        FORM_NO_CHARSET(MailEvents.FORM + "; charset=\"nonsense", true),
        OTHER_TYPE("multipart/form-data; boundary=x", true);

        public final String contentType;
        private final boolean form;

        Encoding(String contentType, boolean form) {
            this.contentType = contentType;
            this.form = form;
        }

        /** GB18030 has every character of Unicode, like UTF-8. */
        private Charset charset() {
            return this == JSON_OTHER_CHARSET ? Charset.forName("GB18030") : StandardCharsets.UTF_8;
        }

        boolean honest() {
            return ordinal() < JSON_AS_FORM.ordinal();
        }
    }

    /** Replaces this many bytes at this part of the body. */
    public record Damage(double place, int length, byte[] bytes) {
    }

    /** Mutants of the real payloads. Mail Events has to accept most of them, with their good events. */
    public static Arbitrary<Mutant> mutants() {
        Arbitrary<Element> elements = Arbitraries.randomValue(Mutant::element);
        Arbitrary<List<Element>> readable = elements.list().ofMaxSize(6);
        Arbitrary<List<Element>> unreadable = Combinators.combine(readable, Arbitraries.of(UNREADABLE)).as((list, json) ->
                Stream.concat(list.stream(), Stream.of(new Element(json, false, false))).toList());
        return Combinators.combine(
                Arbitraries.of("deliveries", "deliveries", "bounces", "bounces", "blocks", "a type added later"),
                Arbitraries.frequencyOf(Tuple.of(9, readable), Tuple.of(1, unreadable)),
                Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.just(Envelope.AS_SENT)), Tuple.of(2, Arbitraries.of(Envelope.class))),
                Arbitraries.frequencyOf(Tuple.of(9, Arbitraries.of(Arrays.stream(Encoding.values()).filter(Encoding::honest).toList())),
                        Tuple.of(1, Arbitraries.of(Encoding.class))),
                Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.just(List.<Damage>of())),
                        Tuple.of(1, Arbitraries.randomValue(Mutant::oneDamage).list().ofMinSize(1).ofMaxSize(3))))
                .as(Mutant::new);
    }

    /** Whether the answer has to be 200. */
    public boolean harmless() {
        return damage.isEmpty() && envelope.harmless() && encoding.honest() && elements.stream().allMatch(Element::readable);
    }

    /** How many elements the webhook has, or -1 if the number is undefined. */
    public int size() {
        return damage.isEmpty() ? elements.size() : -1;
    }

    /** A text that occurs once in the webhook, and so in each kept copy. */
    public static String mark(int number) {
        return "mark-" + number + "-";
    }

    /** The Message-IDs of the good events that the damage did not reach. */
    public Set<String> good(int number) {
        if (envelope == Envelope.EVENT_TWICE && !damage.isEmpty()) {
            return Set.of(); // If the name of the first event is damaged, only the second event is left, and it is empty.
        }
        String body = new String(body(number), StandardCharsets.ISO_8859_1);
        return elements.stream().filter(Element::good).map(element -> number + "-" + elements.indexOf(element)).distinct()
                .filter(id -> body.contains(latin1(written(elements.get(Integer.parseInt(id.substring(id.indexOf('-') + 1))).json(id)))))
                .collect(Collectors.toSet());
    }

    /** The bytes to be posted. */
    public byte[] body(int number) {
        List<String> fields = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            texts.add(elements.get(i).json(number + "-" + elements.indexOf(elements.get(i))));
        }
        String array = "[" + String.join(envelope == Envelope.SPACED ? " ,\r\n\t" : ",", texts) + "]";
        String event = envelope == Envelope.ARRAY_IS_AN_OBJECT ? "{\"" + eventType + "\":{\"0\":" + array + "}}" : "{\"" + eventType
                + "\":" + array + "}";
        if (envelope != Envelope.WITHOUT_SERVER) {
            fields.add(field("server_composition", envelope == Envelope.SERVER_OF_ANOTHER_TYPE ? "[1]" : "\"pro\""));
        }
        if (envelope == Envelope.UNKNOWN_KEY || envelope == Envelope.LONG_UNKNOWN_KEY) {
            fields.add(field("account", "\"" + "x".repeat(envelope == Envelope.UNKNOWN_KEY ? 5 : 5_000) + "\""));
        }
        fields.add(field(envelope == Envelope.TYPE_MISNAMED ? "eventtype" : "event_type", switch (envelope) {
            case TYPE_OF_ANOTHER_ARRAY -> "\"opens\"";
            case TYPE_IS_A_LIST -> "[\"deliveries\"]";
            case NUL_IN_TYPE -> "\"" + eventType + "\\u0000\"";
            default -> "\"" + eventType + "\"";
        }));
        if (envelope != Envelope.EVENT_MISSING) {
            fields.add(field(envelope == Envelope.EVENT_MISNAMED ? "events" : "event", event));
        }
        if (envelope == Envelope.EVENT_TWICE) {
            fields.add(field("event", "{\"" + eventType + "\":[]}"));
        }
        if (envelope == Envelope.REVERSED) {
            Collections.reverse(fields);
        }
        fields.add(0, field("mark", "\"" + mark(number) + "\""));
        String text = encoding.form ? String.join("&", fields) : "{" + String.join(",", fields) + "}";
        text = envelope == Envelope.BYTE_ORDER_MARK ? "\uFEFF" + text : envelope == Envelope.TRAILING_TEXT ? text + "}%" : text;
        return damaged(text.getBytes(encoding.charset()), latin1(text).indexOf(mark(number)) + mark(number).length());
    }

    private String field(String name, String json) {
        if (encoding.form) {
            return name + "=" + URLEncoder.encode(json.startsWith("\"") ? unquoted(json) : json, StandardCharsets.UTF_8);
        }
        return "\"" + name + "\":" + (name.equals("event") && envelope == Envelope.EVENT_AS_TEXT ? quoted(json) : json);
    }

    /** An element, written as in the body. */
    private String written(String json) {
        if (encoding.form) {
            return URLEncoder.encode(json, StandardCharsets.UTF_8);
        }
        if (envelope != Envelope.EVENT_AS_TEXT) {
            return json;
        }
        String text = quoted(json);
        return text.substring(1, text.length() - 1);
    }

    private byte[] damaged(byte[] whole, int from) {
        byte[] body = whole;
        for (Damage one : damage) {
            int start = from + (int) (one.place * (body.length - from));
            int end = Math.min(body.length, start + one.length);
            byte[] next = new byte[start + one.bytes.length + body.length - end];
            System.arraycopy(body, 0, next, 0, start);
            System.arraycopy(one.bytes, 0, next, start, one.bytes.length);
            System.arraycopy(body, end, next, start + one.bytes.length, body.length - end);
            body = next;
        }
        return body;
    }

    private static Element element(Random random) {
        int kind = random.nextInt(11);
        return kind < 4 ? good(random) : new Element(kind < 10 ? bent(random) : anything(random, 0), false, true);
    }

    private static Element good(Random random) {
        return new Element(any(random, REAL).deepCopy().put("messageId", "<#@good.example.com>").put("to", "#@good.example.com")
                .put("created", "2026-10-01 09:00:04").toString(), true, true);
    }

    /** A real element of which some keys are changed, renamed, removed or doubled. */
    private static String bent(Random random) {
        List<String[]> fields = new ArrayList<>();
        any(random, REAL).properties().forEach(field -> fields.add(new String[] {field.getKey(), field.getValue().toString()}));
        for (int i = random.nextInt(4); i >= 0; i--) {
            String key = any(random, KEYS);
            String[] other = {any(random, KEYS), anything(random, 0)};
            switch (random.nextInt(5)) {
                case 0 -> fields.stream().filter(field -> field[0].equals(key)).forEach(field -> field[0] = other[0]);
                case 1 -> fields.removeIf(field -> field[0].equals(key));
                case 2 -> fields.add(other);
                default -> {
                    fields.removeIf(field -> field[0].equals(key));
                    fields.add(0, new String[] {key, other[1]});
                }
            }
        }
        return fields.stream().map(field -> "\"" + field[0] + "\":" + field[1]).collect(Collectors.joining(",", "{", "}"));
    }

    /** Any JSON value, as text. */
    private static String anything(Random random, int depth) {
        return switch (depth > 4 ? 2 + random.nextInt(6) : random.nextInt(8)) {
            case 0 -> Stream.generate(() -> anything(random, depth + 1)).limit(random.nextInt(4))
                    .collect(Collectors.joining(",", "[", "]"));
            case 1 -> "{" + quoted(text(random)) + ":" + anything(random, depth + 1) + "}";
            case 2, 3 -> any(random, VALUES);
            default -> quoted(text(random));
        };
    }

    private static String text(Random random) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> any(random, TEXTS);
            case 3 -> String.valueOf((char) random.nextInt(0x10000)).repeat(900 + random.nextInt(2_500));
            default -> random.ints(random.nextInt(20), 0, 0x10000).mapToObj(c -> String.valueOf((char) c)).collect(Collectors.joining());
        };
    }

    private static Damage oneDamage(Random random) {
        byte[] bytes = new byte[random.nextInt(4)];
        random.nextBytes(bytes);
        return new Damage(random.nextDouble(), any(random, List.of(0, 1, 1, 1, 20, Integer.MAX_VALUE / 2)), bytes);
    }

    private static <T> T any(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** The text as JSON. A lone surrogate is escaped, because UTF-8 cannot encode it. */
    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c < ' ' || c == '"' || c == '\\' || Character.getType(c) == Character.SURROGATE) {
                json.append("\\u").append(HexFormat.of().toHexDigits((char) c));
            } else {
                json.appendCodePoint(c);
            }
        });
        return json.append('"').toString();
    }

    private static String unquoted(String json) {
        try {
            return JSON.readTree(json).asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String latin1(String text) {
        return new String(text.getBytes(encoding.charset()), StandardCharsets.ISO_8859_1);
    }

    private static Stream<ObjectNode> elements(Payload payload) {
        try {
            List<ObjectNode> elements = new ArrayList<>();
            for (JsonNode element : JSON.readTree(payload.text()).path("event").elements().next()) {
                elements.add((ObjectNode) element);
            }
            return elements.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return envelope + " " + encoding + " of " + elements.size() + (damage.isEmpty() ? "" : ", damaged");
    }
}
