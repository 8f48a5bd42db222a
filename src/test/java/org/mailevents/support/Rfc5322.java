package org.mailevents.support;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A mail as a strict reader understands it. The reader sees only the bytes. It accepts a mail only if the mail obeys RFC 5322 without
 * obsolete syntax, RFC 2045 to 2047, and RFC 5321, which transmits it. The reader shares no code with the application that made the mail.
 */
public final class Rfc5322 {

    /** The rule that a mail breaks. */
    public static final class Broken extends IllegalArgumentException {

        Broken(String rule) {
            super(rule);
        }
    }

    private static final String ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private static final String DOT_ATOM = ATEXT + "(?:\\." + ATEXT + ")*";
    private static final String DOMAIN = "(?:" + DOT_ATOM + "|\\[[!-Z^-~]*\\])";
    private static final String QUOTED = "\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\"";
    private static final String MESSAGE_ID = "<" + DOT_ATOM + "@" + DOMAIN + ">";
    private static final String ADDRESS = "(?:" + DOT_ATOM + "|" + QUOTED + ")@" + DOMAIN;
    private static final String WORD = "(?:" + ATEXT + "|" + QUOTED + ")";
    private static final String MAILBOX = "(?:" + ADDRESS + "|(?:" + WORD + "(?:\\s+" + WORD + ")*\\s*)?<" + ADDRESS + ">)";
    private static final Pattern MAILBOXES = Pattern.compile(MAILBOX + "(?:,\\s*" + MAILBOX + ")*");
    private static final Pattern DATE =
            Pattern.compile("(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d{1,2} [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d [+-]\\d{4}"
            + "(?:\\s+\\([A-Za-z0-9+:-]+\\))?");
    private static final DateTimeFormatter DATE_TIME = DateTimeFormatter.ofPattern("EEE, d MMM uuuu HH:mm:ss xx", Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);
    /** An encoded word (RFC 2047, 2) in UTF-8. */
    private static final Pattern ENCODED_WORD =
            Pattern.compile("=\\?(?i:UTF-8)\\?(?:[Bb]\\?([A-Za-z0-9+/]+={0,2})|[Qq]\\?((?:[!-<>@-~]|=[0-9A-F]{2})+))\\?=");
    private static final String TOKEN = "[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+";
    private static final Pattern PARAMETER = Pattern.compile(";\\s*(" + TOKEN + ")=(" + TOKEN + "|" + QUOTED + ")");
    private static final Pattern VALUE_WITH_PARAMETERS = Pattern.compile("(" + TOKEN + "(?:/" + TOKEN + ")?)((?:" + PARAMETER + ")*)");
    private static final Pattern BOUNDARY = Pattern.compile("[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]");

    /** @param body the transmitted body of the field, unfolded (RFC 5322, 2.2.3) */
    private record Field(String name, String body) {
    }

    /**
     * A MIME entity.
     *
     * @param type    the media type, such as {@code text/plain}
     * @param content the decoded content, or null for a multipart
     */
    public record Part(String type, Map<String, String> parameters, Map<String, String> header, byte[] content, List<Part> parts) {

        /** @param name in lower case */
        public Optional<String> header(String name) {
            return Optional.ofNullable(header.get(name));
        }

        public String text() {
            return utf8(content, type);
        }
    }

    private final List<Field> fields;
    private final Part root;

    private Rfc5322(String raw) {
        fields = fields(raw);
        root = part(raw);
    }

    /**
     * @param raw the transmitted bytes, or those of an .eml file
     * @throws Broken names the first rule that the mail breaks
     */
    public static Rfc5322 read(byte[] raw) {
        String text = new String(raw, StandardCharsets.ISO_8859_1);
        require(text.chars().noneMatch(c -> c == 0 || c > 126), "a byte that is NUL or has 8 bits (RFC 5321, 4.5.2 without 8BITMIME)");
        require(isCrlfOnly(text), "a bare CR or LF (RFC 5322, 2.3)");
        for (String line : text.split("\r\n")) {
            require(line.length() <= 998, "a line longer than 998 (RFC 5322, 2.1.1)");
        }
        Rfc5322 mail = new Rfc5322(text);
        mail.checkHeader();
        return mail;
    }

    /** The value of the only header field of this name, unfolded and not decoded. */
    public String header(String name) {
        List<String> found = all(name);
        require(found.size() == 1, name + " is there " + found.size() + " times");
        return found.get(0);
    }

    public boolean has(String name) {
        return !all(name).isEmpty();
    }

    /** The decoded subject (RFC 2047). */
    public String subject() {
        return decoded(header("Subject"));
    }

    /** The decoded sender, with a name if there is one. */
    public String from() {
        return decoded(header("From"));
    }

    /** The decoded recipients, each with a name if there is one. */
    public String to() {
        return decoded(header("To"));
    }

    public OffsetDateTime date() {
        return OffsetDateTime.parse(header("Date").replaceFirst("\\s*\\(.*", ""), DATE_TIME);
    }

    /** The identifiers in a field. The list is empty if the mail does not have the field. */
    public List<String> messageIds(String field) {
        return all(field).stream().flatMap(ids -> Stream.of(ids.split("\\s+"))).toList();
    }

    public Part root() {
        return root;
    }

    /** The only part of this type. */
    public Optional<Part> find(String type) {
        List<Part> found = flat(root).filter(part -> part.type().equals(type)).toList();
        require(found.size() <= 1, found.size() + " parts of the type " + type);
        return found.stream().findFirst();
    }

    public String text() {
        return find("text/plain").orElseThrow(() -> new Broken("no text")).text();
    }

    public String html() {
        return find("text/html").orElseThrow(() -> new Broken("no HTML")).text();
    }

    /** The nested media types, for instance {@code multipart/mixed(text/plain, text/csv)}. */
    public String structure() {
        return structure(root);
    }

    private static String structure(Part part) {
        return part.parts().isEmpty() ? part.type() : part.type() + "("
                + String.join(", ", part.parts().stream().map(Rfc5322::structure).toList()) + ")";
    }

    private static Stream<Part> flat(Part part) {
        return Stream.concat(Stream.of(part), part.parts().stream().flatMap(Rfc5322::flat));
    }

    private List<String> all(String name) {
        return fields.stream().filter(field -> field.name().equalsIgnoreCase(name)).map(Field::body).toList();
    }

    /** RFC 5322, 3.6, and RFC 2045, 4. */
    private void checkHeader() {
        Stream.of("Date", "From", "Message-ID", "Subject", "To", "MIME-Version", "Content-Type").forEach(this::header);
        Stream.of("Sender", "Reply-To", "Cc", "In-Reply-To", "References", "Content-Transfer-Encoding")
                .forEach(name -> require(all(name).size() <= 1, name + " is there twice"));
        require(!has("Bcc"), "Bcc is there, which its recipients should not be seen in");
        require(header("MIME-Version").equals("1.0"), "MIME-Version is not 1.0");
        require(DATE.matcher(header("Date")).matches(), "Date is not as in RFC 5322, 3.3: " + header("Date"));
        date();
        require(Pattern.matches(MAILBOX, header("From")), "From is not one mailbox: " + header("From"));
        require(MAILBOXES.matcher(header("To")).matches(), "To is no list of mailboxes: " + header("To"));
        require(Pattern.matches(MESSAGE_ID, header("Message-ID")), "Message-ID is not <left@right>: " + header("Message-ID"));
        for (String field : List.of("In-Reply-To", "References")) {
            messageIds(field).forEach(id -> require(Pattern.matches(MESSAGE_ID, id), field + " holds what is not <left@right>: " + id));
        }
        fields.forEach(field -> decoded(field.body()));
        require(subject().chars().noneMatch(Character::isISOControl), "a control character in the subject");
    }

    private static List<Field> fields(String entity) {
        int end = entity.startsWith("\r\n") ? 0 : entity.indexOf("\r\n\r\n");
        require(end >= 0, "no empty line behind the header (RFC 5322, 2.1)");
        List<Field> fields = new ArrayList<>();
        for (String field : end == 0 ? new String[0] : entity.substring(0, end).split("\r\n(?![ \t])")) {
            Matcher parts = Pattern.compile("(?s)([!-9;-~]+):(.*)").matcher(field);
            require(parts.matches(), "no header field (RFC 5322, 2.2): " + field);
            for (String line : field.split("\r\n")) {
                require(!line.isBlank(), "a folded line of nothing but space (RFC 5322, 3.2.2): " + parts.group(1));
                String content = line.replaceFirst("^(?:[!-9;-~]+:)?[ \t]*", "").stripTrailing();
                require(line.length() <= 78 || !content.matches(".*[ \t].*"),
                        "a line longer than 78 that could be folded (RFC 5322, 2.1.1): " + line);
                require(line.length() <= 76 || !line.contains("=?"), "an encoded word in a line longer than 76 (RFC 2047, 2): " + line);
            }
            fields.add(new Field(parts.group(1), parts.group(2).replaceAll("\r\n(?=[ \t])", "").strip()));
        }
        return fields;
    }

    /** Decodes every encoded word by itself, and removes the space between two encoded words (RFC 2047). */
    private static String decoded(String body) {
        StringBuilder decoded = new StringBuilder();
        boolean wordBefore = false;
        int end = 0; // of the last encoded word: a space of its own belongs to the text, and only the space between two words does not
        for (String piece : body.split("(?<=[ \t])(?=[^ \t])|(?<=[^ \t])(?=[ \t])")) {
            if (!piece.contains("=?")) {
                decoded.append(piece);
                wordBefore &= piece.isBlank();
                continue;
            }
            Matcher word = ENCODED_WORD.matcher(piece);
            require(word.matches(), "no encoded word, or none in UTF-8 (RFC 2047, 2 and 5): " + piece);
            require(piece.length() <= 75, "an encoded word longer than 75 (RFC 2047, 2): " + piece);
            if (wordBefore) {
                decoded.setLength(end);
            }
            decoded.append(utf8(word.group(1) == null ? quotedPrintable(word.group(2).replace('_', ' '))
                    : base64(word.group(1)), "an encoded word"));
            end = decoded.length();
            wordBefore = true;
        }
        return decoded.toString();
    }

    private static Part part(String entity) {
        Map<String, String> header = new LinkedHashMap<>();
        fields(entity).forEach(field -> header.merge(field.name().toLowerCase(Locale.ROOT), field.body(), (one, other) -> one));
        String body = entity.startsWith("\r\n") ? entity.substring(2) : entity.substring(entity.indexOf("\r\n\r\n") + 4);
        Matcher type = VALUE_WITH_PARAMETERS.matcher(header.getOrDefault("content-type", ""));
        require(type.matches() && type.group(1).contains("/"), "Content-Type is not as in RFC 2045, 5.1: " + header.get("content-type"));
        String name = type.group(1).toLowerCase(Locale.ROOT);
        Map<String, String> parameters = parameters(type.group(2));
        String disposition = header.getOrDefault("content-disposition", "inline");
        require(VALUE_WITH_PARAMETERS.matcher(disposition).matches(), "Content-Disposition is not as in RFC 2183: " + disposition);
        String encoding = header.getOrDefault("content-transfer-encoding", "7bit").toLowerCase(Locale.ROOT);
        if (name.startsWith("multipart/")) {
            require(encoding.equals("7bit"), "a multipart is encoded (RFC 2045, 6.4)");
            return new Part(name, parameters, header, null, parts(body, parameters.getOrDefault("boundary", "")));
        }
        byte[] content = switch (encoding) {
            case "7bit" -> body.getBytes(StandardCharsets.ISO_8859_1);
            case "quoted-printable" -> {
                for (String line : body.split("\r\n")) {
                    require(line.length() <= 76, "a quoted-printable line longer than 76 (RFC 2045, 6.7)");
                    require(line.matches("(?:.*[^ \t])?"), "space at the end of a quoted-printable line (RFC 2045, 6.7)");
                }
                yield quotedPrintable(body.replace("=\r\n", ""));
            }
            case "base64" -> {
                String[] lines = body.split("\r\n");
                require(Arrays.stream(lines).allMatch(line -> line.length() <= 76), "a base64 line longer than 76 (RFC 2045, 6.8)");
                yield base64(String.join("", lines));
            }
            default -> throw new Broken("not transmitted as 7 bits: " + encoding);
        };
        if (name.startsWith("text/")) {
            require("utf-8".equalsIgnoreCase(parameters.get("charset")), "a text that is not said to be in UTF-8");
            String text = utf8(content, name);
            require(isCrlfOnly(text), "a line of a text that does not end with CRLF (RFC 2046, 4.1.1)");
            require(text.chars().noneMatch(c -> Character.isISOControl(c) && "\r\n\t".indexOf(c) < 0), "a control character in a text");
        }
        return new Part(name, parameters, header, content, List.of());
    }

    /** RFC 2046, 5.1.1. */
    private static List<Part> parts(String body, String boundary) {
        require(BOUNDARY.matcher(boundary).matches(), "no boundary, or none as in RFC 2046, 5.1.1: " + boundary);
        String[] pieces = ("\r\n" + body).split(Pattern.quote("\r\n--" + boundary), -1);
        require(pieces.length >= 3 && pieces[0].isEmpty(), "no parts, or something before them");
        require(pieces[pieces.length - 1].matches("--(?:\r\n)?"), "a multipart does not end, or goes on behind its end");
        List<Part> parts = new ArrayList<>();
        for (String piece : List.of(pieces).subList(1, pieces.length - 1)) {
            require(piece.startsWith("\r\n"), "a boundary that begins a longer line");
            parts.add(part(piece.substring(2)));
        }
        return parts;
    }

    private static Map<String, String> parameters(String text) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (Matcher parameter = PARAMETER.matcher(text); parameter.find();) {
            String value = parameter.group(2);
            String old = parameters.put(parameter.group(1).toLowerCase(Locale.ROOT),
                    value.startsWith("\"") ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1") : value);
            require(old == null, "a parameter is there twice: " + parameter.group(1));
        }
        return parameters;
    }

    private static byte[] base64(String text) {
        require(text.length() % 4 == 0 && text.matches("[A-Za-z0-9+/]*={0,2}"), "no base64 (RFC 2045, 6.8)");
        return Base64.getDecoder().decode(text);
    }

    private static byte[] quotedPrintable(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '=') {
                require(text.substring(i + 1, Math.min(i + 3, text.length()))
                        .matches("[0-9A-F]{2}"), "not quoted-printable (RFC 2045, 6.7)");
                bytes.put((byte) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.put((byte) text.charAt(i));
            }
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private static boolean isCrlfOnly(String text) {
        String rest = text.replace("\r\n", "");
        return rest.indexOf('\r') < 0 && rest.indexOf('\n') < 0;
    }

    private static String utf8(byte[] bytes, String what) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new Broken(what + " is not in UTF-8, or splits a character (RFC 2047, 5)");
        }
    }

    private static void require(boolean kept, String rule) {
        if (!kept) {
            throw new Broken(rule);
        }
    }
}
