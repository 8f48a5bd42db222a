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
import org.mailevents.privacy.HiddenRecipients;

/**
 * What came in one POST, as webhooks that are stored one after the other: nearly always a single one. A webhook of more than a thousand elements is
 * several, so that however long it is, only a small part of it is in memory as events.
 */
public final class WebhookPieces implements Iterator<Webhook>, AutoCloseable {

    private final Envelope envelope;
    private final EventReader events;
    private final HiddenRecipients hidden;
    private final Instant receivedAt;
    private final String eventType;
    private final String serverComposition;
    private final ObjectNode beside;
    private final Elements elements;
    /** How many elements have been read. */
    private int position;
    private Webhook ahead;

    private WebhookPieces(Envelope envelope, EventReader events, HiddenRecipients hidden, Instant receivedAt, String eventType, String serverComposition,
            ObjectNode beside, Elements elements) {
        this.envelope = envelope;
        this.events = events;
        this.hidden = hidden;
        this.receivedAt = receivedAt;
        this.eventType = eventType;
        this.serverComposition = serverComposition;
        this.beside = beside;
        this.elements = elements;
    }

    /** A body that could not be read. */
    static WebhookPieces of(Webhook unreadable) {
        WebhookPieces pieces = new WebhookPieces(null, null, null, unreadable.receivedAt(), null, null, null, null);
        pieces.ahead = unreadable;
        return pieces;
    }

    static WebhookPieces of(WebhookBody body, EventReader events, HiddenRecipients hidden, Instant receivedAt) throws UnreadableWebhook {
        Envelope envelope = Envelope.of(body);
        try {
            WebhookPieces pieces = new WebhookPieces(envelope, events, hidden, receivedAt, hidden.inText(envelope.eventType()),
                    hidden.inText(envelope.serverComposition()), hidden.inUnknownFields(envelope.beside()), envelope.elements());
            pieces.ahead = pieces.read(Math.toIntExact(Math.min(body.length(), Envelope.MAX_LENGTH)));
            return pieces;
        } catch (IOException e) {
            throw new UncheckedIOException("The body of a webhook cannot be read", e);
        }
    }

    /** Whether this is a single piece, which tells that the body is no webhook. */
    public boolean isUnreadable() {
        return envelope == null;
    }

    /** @throws UncheckedIOException if the body is a file that can no longer be read */
    @Override
    public boolean hasNext() {
        try {
            if (ahead == null && elements != null && elements.hasNext()) {
                ahead = read(Envelope.MAX_LENGTH);
            }
            return ahead != null;
        } catch (IOException e) {
            throw new UncheckedIOException("The body of a webhook cannot be read", e);
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
            if (elements != null) {
                elements.close();
            }
        } catch (IOException e) {
            // what is only read loses nothing
        }
    }

    /** @param length of all of it where it is a single one; several are told by what was read */
    private Webhook read(int length) throws IOException, UnreadableWebhook {
        int from = position;
        long began = elements.characters();
        List<MailEvent> read = new ArrayList<>();
        List<RejectedEvent> rejected = new ArrayList<>();
        while (position - from < Envelope.MAX_ELEMENTS && elements.characters() - began < Envelope.MAX_LENGTH && elements.hasNext()) {
            JsonNode element = hidden.inElement(elements.next());
            try {
                read.add(events.read(serverComposition, eventType, element, beside, receivedAt));
            } catch (UnstorableEvent e) {
                rejected.add(new RejectedEvent(receivedAt, e.getMessage(), RejectedEvent.payload(beside, serverComposition, eventType, element)));
            }
            position++;
        }
        int count = position - from;
        return new Webhook(receivedAt, Math.max(length, (int) (elements.characters() - began)), () -> copy(from, count), eventType, read, rejected, null);
    }

    /** The webhook that holds only these elements, without the secret, and hashed already where recipients are: nobody knows for how long it is kept. */
    private WebhookBody copy(int from, int count) {
        ObjectNode copy = beside.deepCopy().put("event_type", eventType);
        if (serverComposition != null) {
            copy.put("server_composition", serverComposition);
        }
        ArrayNode array = copy.putObject("event").putArray(eventType);
        try (Elements again = envelope.elements()) {
            for (int i = 0; i < from + count; i++) {
                JsonNode element = again.next();
                if (i >= from) {
                    array.add(hidden.inElement(element));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The body of a webhook cannot be read", e);
        } catch (UnreadableWebhook e) {
            throw changed(e);
        }
        return WebhookBody.of(false, LoneSurrogates.escape(copy.toString()));
    }

    private static IllegalStateException changed(UnreadableWebhook e) {
        return new IllegalStateException("The body of a webhook was changed while it was read", e);
    }
}
