package org.mailevents.aside;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mailevents.event.Receipt;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.Webhook;
import org.mailevents.parse.WebhookPieces;

/**
 * A rejected event on its way through the routes, as it was or mended. Its row is deleted last, and only if every event is stored. So
 * nothing is lost if the process is killed in between: the same request then finds duplicates, and deletes the row.
 */
final class Resend {

    /** The class of an exception in a reason. It tells nothing to a user. */
    private static final Pattern EXCEPTION = Pattern.compile("\\w+Exception: ");

    private final UUID row;
    private final WebhookPieces pieces;
    private final RejectedRows rows;
    private Receipt receipt = new Receipt(0, 0, 0, 0, 0);
    private final Set<String> reasons = new TreeSet<>();
    /** The ids that the events of the piece in progress would have as rejected events. */
    private Set<UUID> ids = Set.of();
    /** Those of these ids that had a row before. */
    private Set<UUID> before = Set.of();

    /** @param row the row of the event */
    Resend(UUID row, WebhookPieces pieces, RejectedRows rows) {
        this.row = row;
        this.pieces = pieces;
        this.rows = rows;
    }

    /**
     * Why a webhook, or some of its elements, cannot be stored. The webhook is read to its end, and nothing is stored.
     *
     * @return empty if nothing in it is wrong
     */
    static Set<String> flaws(WebhookPieces webhook) {
        Set<String> flaws = new TreeSet<>();
        int events = 0;
        try (webhook) {
            while (webhook.hasNext()) {
                Webhook piece = webhook.next();
                events += piece.received();
                piece.rejected().forEach(element -> flaws.add(element.reason()));
                if (piece.problem() != null) {
                    flaws.add(piece.problem().detail());
                }
            }
        }
        return events == 0 ? Set.of("the webhook holds no event") : flaws;
    }

    boolean hasNext() {
        return pieces.hasNext();
    }

    Webhook next() {
        Webhook piece = pieces.next();
        ids = piece.events().stream().map(event -> RejectedEvent.of(event, "").rejectedId()).collect(Collectors.toSet());
        before = rows.existing(ids);
        return piece;
    }

    /**
     * Adds the receipt of what {@link #next} returned last. If the database has refused an event, there is a new row of it. That row is
     * deleted, because the event is still in the row from which it came.
     */
    void addReceipt(Receipt ofPiece) {
        receipt = receipt.plus(ofPiece);
        if (ofPiece.rejected() > 0) {
            rows.reasons(ids).forEach(reason -> reasons.add(EXCEPTION.matcher(reason).replaceAll("")));
            Set<UUID> added = new HashSet<>(ids);
            added.removeAll(before);
            added.remove(row); // a replay may have taken the row away and put it back meanwhile
            rows.delete(added);
        }
    }

    /** Deletes the row if every event is stored. @return why the database has refused events; empty if it has refused none */
    Set<String> finish() {
        if (receipt.rejected() == 0) {
            rows.delete(Set.of(row));
        }
        return reasons;
    }

    Receipt receipt() {
        return receipt;
    }

    void close() {
        pieces.close();
    }
}
