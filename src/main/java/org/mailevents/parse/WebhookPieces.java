package org.mailevents.parse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.mailevents.event.EventReader;
import org.mailevents.event.LoneSurrogates;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.UnstorableEvent;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookBody;
import org.mailevents.event.WebhookFields;
import org.mailevents.privacy.HiddenRecipients;

/**
 * The webhooks of one request, to be stored one after the other. Nearly always that is a single webhook. A webhook of more than a thousand
 * elements becomes several, so that only a small part of it is in memory as events, however long it is.
 */
public final class WebhookPieces implements Iterator<Webhook>, AutoCloseable {

    private static final String UNREADABLE = "The body of a webhook cannot be read";

    /** Null if the body is not a webhook. Then the reader, the hidden recipients and the fields are null too. */
    private final Envelope envelope;
    private final EventReader reader;
    private final HiddenRecipients hidden;
    private final WebhookFields fields;
    private final Instant receivedAt;
    private Elements elements = Elements.of(List.of());
    /** How many elements have been read. */
    private int position;
    private Webhook ahead;

    private WebhookPieces(Envelope envelope, EventReader reader, HiddenRecipients hidden, Instant receivedAt) {
        this.envelope = envelope;
        this.reader = reader;
        this.hidden = hidden;
        this.receivedAt = receivedAt;
        this.fields = envelope == null ? null : hiddenIn(envelope.fields(), hidden);
    }

    /** A body that is not a webhook. */
    static WebhookPieces of(Webhook unreadable) {
        WebhookPieces pieces = new WebhookPieces(null, null, null, unreadable.receivedAt());
        pieces.ahead = unreadable;
        return pieces;
    }

    static WebhookPieces of(WebhookBody body, EventReader reader, HiddenRecipients hidden, Instant receivedAt) throws UnreadableWebhook {
        WebhookPieces pieces = new WebhookPieces(Envelope.of(body), reader, hidden, receivedAt);
        try {
            pieces.elements = pieces.envelope.elements();
            pieces.ahead = pieces.read(Math.toIntExact(Math.min(body.length(), FirstArray.MAX_LENGTH)));
            return pieces;
        } catch (IOException e) {
            throw new UncheckedIOException(UNREADABLE, e);
        }
    }

    private static WebhookFields hiddenIn(OuterFields fields, HiddenRecipients hidden) {
        return new WebhookFields(hidden.inText(fields.eventType()), hidden.inText(fields.serverComposition()),
                hidden.inUnknownFields(fields.unknown()));
    }

    /** Whether the only piece says that the body is not a webhook. */
    public boolean isUnreadable() {
        return envelope == null;
    }

    /** @throws UncheckedIOException if the body is a file that can no longer be read */
    @Override
    public boolean hasNext() {
        try {
            if (ahead == null && elements.hasNext()) {
                ahead = read(FirstArray.MAX_LENGTH);
            }
            return ahead != null;
        } catch (IOException e) {
            throw new UncheckedIOException(UNREADABLE, e);
        } catch (UnreadableWebhook e) {
            throw changed(e);
        }
    }

    @Override
    public Webhook next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Webhook next = ahead;
        ahead = null;
        return next;
    }

    @Override
    public void close() {
        try {
            elements.close();
        } catch (IOException e) {
            // The body was only read, so nothing is lost.
        }
    }

    /**
     * Reads the next piece.
     *
     * @param length the length of the whole webhook if this is its only piece. A longer webhook counts the characters that were read
     */
    private Webhook read(int length) throws IOException, UnreadableWebhook {
        int from = position;
        long start = elements.characters();
        List<MailEvent> events = new ArrayList<>();
        List<RejectedEvent> rejected = new ArrayList<>();
        while (position - from < FirstArray.MAX_ELEMENTS && elements.characters() - start < FirstArray.MAX_LENGTH && elements.hasNext()) {
            JsonNode element = hidden.inElement(elements.next());
            try {
                events.add(reader.read(fields, element, receivedAt));
            } catch (UnstorableEvent e) {
                rejected.add(new RejectedEvent(receivedAt, e.getMessage(), RejectedEvent.payload(fields, element)));
            }
            position++;
        }
        int count = position - from;
        int lengthRead = Math.max(length, (int) (elements.characters() - start));
        return new Webhook(receivedAt, lengthRead, () -> copy(from, count), fields.eventType(), events, rejected, null);
    }

    /**
     * A webhook that holds only these elements and not the secret. Recipients' addresses are hashed already, because the copy may be kept
     * for any time.
     */
    private WebhookBody copy(int from, int count) {
        ObjectNode copy = fields.unknown().deepCopy().put("event_type", fields.eventType());
        if (fields.serverComposition() != null) {
            copy.put("server_composition", fields.serverComposition());
        }
        ArrayNode array = copy.putObject("event").putArray(fields.eventType());
        try (Elements fromStart = envelope.elements()) {
            for (int i = 0; i < from + count; i++) {
                JsonNode element = fromStart.next();
                if (i >= from) {
                    array.add(hidden.inElement(element));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(UNREADABLE, e);
        } catch (UnreadableWebhook e) {
            throw changed(e);
        }
        return WebhookBody.of(false, LoneSurrogates.escape(copy.toString()));
    }

    private static IllegalStateException changed(UnreadableWebhook e) {
        return new IllegalStateException("The body of a webhook changed while it was read", e);
    }
}
