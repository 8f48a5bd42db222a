package org.mailevents.receive;

import org.apache.camel.Exchange;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.database.DatabaseAbsent;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookAnswer;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.store.StoreBusy;

/**
 * The state of a webhook that is taken piece by piece. It is a variable of the exchange, and the methods are steps of
 * {@link ReceiveWebhook}.
 */
final class WebhookProgress {

    private static final String VARIABLE = "progress";

    private final WebhookPieces pieces;
    private Webhook piece;
    private WebhookAnswer answer = new Receipt(0, 0, 0, 0, 0);
    /** Why the database did not take a piece in time, or null. */
    private Exception databaseFailure;

    private WebhookProgress(WebhookPieces pieces) {
        this.pieces = pieces;
    }

    /** Begins with the pieces in the body. A body without pieces is the answer already. */
    static void begin(Exchange exchange) {
        Object body = exchange.getMessage().getBody();
        exchange.setVariable(VARIABLE, body instanceof WebhookPieces pieces ? new WebhookProgress(pieces) : null);
    }

    /**
     * Whether a further piece is taken. False after a piece that neither the database nor the spool took: the answer is then 503, and the
     * sender sends the whole webhook again.
     */
    static boolean hasPiece(Exchange exchange) {
        WebhookProgress progress = of(exchange);
        return progress != null && progress.answer instanceof Receipt && progress.pieces.hasNext();
    }

    /** Puts the next piece into the body. */
    static void nextPiece(Exchange exchange) {
        WebhookProgress progress = of(exchange);
        progress.piece = progress.pieces.next();
        exchange.getMessage().setBody(progress.piece);
    }

    /**
     * Fails if an earlier piece has waited for the database without success. The following pieces do not wait again, because the whole
     * webhook must be answered in time.
     */
    static void requireDatabase(Exchange exchange) throws Exception {
        Exception failure = of(exchange).databaseFailure;
        if (failure != null) {
            throw failure;
        }
    }

    /** Adds the answer for this piece, which is in the body, and puts the answer for all pieces so far into the body. */
    static void addAnswer(Exchange exchange) {
        WebhookProgress progress = of(exchange);
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (ObjectHelper.getException(StoreBusy.class, failure) != null
                || ObjectHelper.getException(DatabaseAbsent.class, failure) != null) {
            progress.databaseFailure = failure;
        }
        WebhookAnswer added = exchange.getMessage().getBody(WebhookAnswer.class);
        progress.answer = added instanceof Receipt receipt ? ((Receipt) progress.answer).plus(receipt) : added;
        exchange.getMessage().setBody(progress.answer);
    }

    /** The piece that was taken last. */
    static Webhook lastPiece(Exchange exchange) {
        return of(exchange).piece;
    }

    private static WebhookProgress of(Exchange exchange) {
        return exchange.getVariable(VARIABLE, WebhookProgress.class);
    }
}
