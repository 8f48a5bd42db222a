package org.mailevents.parse;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.event.EventReader;
import org.mailevents.event.Problem;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookBody;
import org.mailevents.privacy.HiddenRecipients;
import org.mailevents.privacy.RecipientHash;

/** Reads a body into {@link Webhook}s. The secret can be read before that, at a lower cost. */
public final class WebhookReader {

    /** The most characters of a secret. A caller without a secret must not make the server build a long text or keep a name in memory. */
    private static final int MAX_KEY = 1_000;
    private static final JsonFactory KEY_FACTORY = JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(StrictParser.MAX_DEPTH).maxStringLength(MAX_KEY)
                    .maxNameLength(StrictParser.MAX_NAME).build()).build();
    /** In bytes. A larger body that is not a webhook is stored as a file instead of a row, because a file takes no memory. */
    private static final int MAX_ROW = 1_000_000;

    private final EventReader events;
    private final HiddenRecipients hidden;

    /** @param hash makes the hashes that replace recipients' addresses in everything that is made of a webhook */
    public WebhookReader(EventReader events, RecipientHash hash) {
        this.events = events;
        this.hidden = new HiddenRecipients(hash);
    }

    /** The secret in a body, or null. It is searched in the bytes, and no tree or text is built from the body. */
    public static String apiKey(WebhookBody body) {
        try {
            return body.form() ? formKey(FormParameters.of(body)) : jsonKey(body.text(CodingErrorAction.REPLACE));
        } catch (IOException unreadable) {
            return null;
        }
    }

    /** The first of two keys counts. */
    private static String formKey(FormParameters parameters) throws IOException {
        for (String name = parameters.next(); name != null; name = parameters.next()) {
            if (name.equals("api_key")) {
                byte[] key = parameters.value().readNBytes(MAX_KEY + 1);
                return key.length > MAX_KEY ? null : new String(key, StandardCharsets.UTF_8);
            }
        }
        return null;
    }

    private static String jsonKey(Reader text) throws IOException {
        try (JsonParser parser = KEY_FACTORY.createParser(text)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    boolean found = "api_key".equals(parser.currentName());
                    if (parser.nextToken().isScalarValue() && found) {
                        return parser.getText();
                    }
                    parser.skipChildren();
                }
            }
            return null;
        }
    }

    /** @return every element of the array, as an event or as rejected with its reason, or the whole body as rejected */
    public WebhookPieces read(WebhookBody body, Instant receivedAt) {
        try {
            return WebhookPieces.of(body, events, hidden, receivedAt);
        } catch (UnreadableWebhook e) {
            return WebhookPieces.of(unreadable(body, e.getMessage(), receivedAt));
        }
    }

    /** A body that is not understood may hold the secret and addresses anywhere. Both are removed. */
    private Webhook unreadable(WebhookBody body, String reason, Instant receivedAt) {
        Problem problem = new Problem(400, reason);
        try {
            WebhookBody kept = body instanceof WebhookBody.InMemory sent ? SecretMask.apply(sent) : body;
            if (body.length() > MAX_ROW) {
                return Webhook.unreadable(receivedAt, new UnreadableBody(kept, hidden), null, problem);
            }
            String payload = payload(kept);
            RejectedEvent rejected = new RejectedEvent(receivedAt, reason, payload);
            return Webhook.unreadable(receivedAt, WebhookBody.of(body.form(), payload), rejected, problem);
        } catch (IOException e) {
            throw new UncheckedIOException("The body of a webhook cannot be read", e);
        }
    }

    /** The text of the body. If the bytes are not text, it is the bytes as a data URL (RFC 2397). */
    private String payload(WebhookBody body) throws IOException {
        StringWriter text = new StringWriter();
        try (Reader reader = body.text(CodingErrorAction.REPORT)) {
            reader.transferTo(text);
        } catch (CharacterCodingException e) {
            String bytes = new String(body.open().readAllBytes(), StandardCharsets.ISO_8859_1);
            return "data:" + (body.form() ? WebhookBody.FORM : WebhookBody.JSON) + ";charset=" + body.charset() + ";base64,"
                    + Base64.getEncoder().encodeToString(withoutAddresses(body.form(), bytes).getBytes(StandardCharsets.ISO_8859_1));
        }
        // A text of PostgreSQL cannot hold NUL.
        return withoutAddresses(body.form(), text.toString()).replace("\0", "\\u0000");
    }

    /** Removes the addresses from a body that is not understood. */
    private String withoutAddresses(boolean form, String text) {
        if (hidden.isOff() || !form) {
            return hidden.inBrokenJson(text);
        }
        return Stream.of(text.split("&")).map(parameter -> {
            int value = parameter.indexOf('=') + 1;
            try {
                Charset charset = StandardCharsets.UTF_8;
                String plain = URLDecoder.decode(parameter.substring(value), charset);
                if (plain.indexOf('\uFFFD') >= 0) {
                    charset = StandardCharsets.ISO_8859_1; // It has a character for every byte.
                    plain = URLDecoder.decode(parameter.substring(value), charset);
                }
                String kept = hidden.inBrokenJson(plain);
                // An unchanged parameter keeps its own encoding.
                return kept.equals(plain) ? parameter : hidden.inText(parameter.substring(0, value)) + URLEncoder.encode(kept, charset);
            } catch (IllegalArgumentException malformed) {
                return hidden.inBrokenJson(parameter.replaceAll("%40", "@"));
            }
        }).collect(Collectors.joining("&"));
    }
}
