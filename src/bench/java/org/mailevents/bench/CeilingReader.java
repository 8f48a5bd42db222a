package org.mailevents.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.event.Causes;
import org.mailevents.event.Causes.Conclusion;

/**
 * Reads a webhook token by token into columns, without a tree. It makes none of the checks of Mail Events, because the benchmark sends only
 * well-formed webhooks. The rows are exactly those of Mail Events, and its rules decide the causes. Each thread needs its own reader.
 */
final class CeilingReader {

    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern ENHANCED_CODE = Pattern.compile("(?<![\\d.])[245]\\.\\d{1,3}\\.\\d{1,3}(?![\\d.]*\\d)");

    private static final Causes CAUSES = ShippedCauses.causes();
    private static final Set<String> OF_LIST_OWNER = Set.of("unknown-user", "unknown-host", "bad-address", "suspended", "recipient-filter",
            "not-attempted");

    private final MessageDigest sha256;
    private ByteBuffer content = ByteBuffer.allocate(4_096);

    CeilingReader() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java platform has no SHA-256", e);
        }
    }

    /** An event's row. */
    static final class Row {
        UUID id;
        String eventType;
        String status;
        String cause;
        boolean dead;
        String kind;
        String audience;
        String messageId;
        String recipient;
        String sender;
        String returnPath;
        String subject;
        String apiData;
        String reason;
        String enhancedCode;
        String sourceIp;
        String senderIp;
        String serverComposition;
        String created;
        String receivedAt;
        String extra;

        /** The column at this place in {@link Columns}, as text. */
        String column(int place) {
            return switch (place) {
                case 1 -> eventType;
                case 2 -> status;
                case 3 -> cause;
                case 4 -> cause == null ? null : String.valueOf(dead);
                case 5 -> kind;
                case 6 -> audience;
                case 7 -> messageId;
                case 8 -> recipient;
                case 9 -> sender;
                case 10 -> returnPath;
                case 11 -> subject;
                case 12 -> apiData;
                case 13 -> reason;
                case 14 -> enhancedCode;
                case 15 -> sourceIp;
                case 16 -> senderIp;
                case 17 -> serverComposition;
                case 18 -> created == null ? null : created + "+09"; // Tokyo has no summer time
                case 19 -> created;
                case 20 -> receivedAt;
                case 21 -> extra;
                case 22 -> audience == null ? null : "pending";
                default -> throw new IllegalArgumentException("column " + place);
            };
        }
    }

    List<Row> read(byte[] body, boolean form) throws IOException {
        String[] names = new String[2]; // the event type and the server composition; they may stand behind the events
        List<Row> rows = new ArrayList<>();
        if (form) {
            form(body, names, rows);
        } else {
            json(body, names, rows);
        }
        String receivedAt = Instant.now().toString();
        for (Row row : rows) {
            row.eventType = names[0];
            row.serverComposition = names[1];
            row.receivedAt = receivedAt;
            row.id = id(row);
            decide(row);
        }
        return rows;
    }

    private static void json(byte[] body, String[] names, List<Row> rows) throws IOException {
        try (JsonParser parser = JSON.createParser(body)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "event_type" -> names[0] = parser.getText();
                    case "server_composition" -> names[1] = parser.getText();
                    case "event" -> {
                        if (value == JsonToken.VALUE_STRING) {
                            event(parser.getText().getBytes(StandardCharsets.UTF_8), rows);
                        } else {
                            event(parser, rows);
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
        }
    }

    private static void form(byte[] body, String[] names, List<Row> rows) throws IOException {
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(body.length);
        String name = null;
        for (int at = 0; at <= body.length; at++) {
            byte each = at == body.length ? (byte) '&' : body[at];
            if (each == '=' && name == null) {
                name = decoded.toString(StandardCharsets.UTF_8);
                decoded.reset();
            } else if (each == '&') {
                switch (name == null ? "" : name) {
                    case "event_type" -> names[0] = decoded.toString(StandardCharsets.UTF_8);
                    case "server_composition" -> names[1] = decoded.toString(StandardCharsets.UTF_8);
                    case "event" -> event(decoded.toByteArray(), rows);
                    default -> { }
                }
                name = null;
                decoded.reset();
            } else if (each == '%') {
                decoded.write(Character.digit(body[++at], 16) << 4 | Character.digit(body[++at], 16));
            } else {
                decoded.write(each == '+' ? ' ' : each);
            }
        }
    }

    private static void event(byte[] json, List<Row> rows) throws IOException {
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            event(parser, rows);
        }
    }

    /** Reads the object that holds the array of events; the parser has just entered the object. */
    private static void event(JsonParser parser, List<Row> rows) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                rows.add(element(parser));
            }
        }
    }

    private static Row element(JsonParser parser) throws IOException {
        Row row = new Row();
        StringWriter extra = null;
        JsonGenerator writer = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "created" -> row.created = parser.getText();
                case "returnPath" -> row.returnPath = parser.getText();
                case "from" -> row.sender = parser.getText();
                case "to" -> row.recipient = parser.getText();
                case "messageId" -> row.messageId = parser.getText();
                case "reason" -> row.reason = parser.getText();
                case "senderIp" -> row.senderIp = parser.getText();
                case "sourceIp" -> row.sourceIp = parser.getText();
                case "status" -> row.status = parser.getText();
                case "subject" -> row.subject = parser.getText();
                case "apiData" -> row.apiData = parser.getText();
                default -> {
                    if (extra == null) {
                        extra = new StringWriter();
                        writer = JSON.createGenerator(extra);
                        writer.writeStartObject();
                    }
                    writer.writeFieldName(name);
                    writer.copyCurrentStructure(parser);
                }
            }
        }
        if (extra != null) {
            writer.close();
            row.extra = extra.toString();
        }
        return row;
    }

    private UUID id(Row row) {
        content.clear();
        for (String part : new String[] {row.serverComposition, row.eventType, row.messageId, row.recipient, row.status, row.created,
            row.reason}) {
            byte[] bytes = part == null ? new byte[0] : part.getBytes(StandardCharsets.UTF_8);
            if (content.remaining() < Integer.BYTES + bytes.length) {
                content = ByteBuffer.allocate(2 * (content.capacity() + bytes.length)).put(content.flip());
            }
            content.putInt(bytes.length).put(bytes);
        }
        sha256.update(content.flip());
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
        // the time as if it were in UTC, and then the hash
        long time = LocalDateTime.parse(row.created.replace(' ', 'T')).toInstant(ZoneOffset.UTC).toEpochMilli();
        return new UUID(time << 16 | digest.getLong() >>> 48 & 0xFFFL | 0x8000L, digest.getLong() & ~(0b11L << 62) | 0b10L << 62);
    }

    /** Sets the columns that the routes of Mail Events decide. */
    private static void decide(Row row) {
        if (row.reason != null && !row.reason.isEmpty()) {
            Matcher code = ENHANCED_CODE.matcher(row.reason);
            row.enhancedCode = code.find() ? code.group() : null;
        }
        if (row.eventType.equals("deliveries")) {
            row.kind = switch (row.status) {
                case "queued", "succeeded", "deferred", "failed" -> null;
                default -> "unknown";
            };
        } else if (row.eventType.equals("bounces")) {
            Conclusion conclusion = CAUSES.decide(row.reason, row.recipient, row.status);
            row.cause = conclusion.cause();
            row.dead = conclusion.dead();
            row.kind = conclusion.kind();
            row.audience = row.dead || OF_LIST_OWNER.contains(row.cause) ? "list-owner" : "postmaster";
        }
    }
}
