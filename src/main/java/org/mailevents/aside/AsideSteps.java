package org.mailevents.aside;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.answer.PageTokens;
import org.mailevents.console.ApiAnswer;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.EventReader;
import org.mailevents.event.Problem;
import org.mailevents.event.Receipt;
import org.mailevents.event.WebhookBody;
import org.mailevents.log.FailureLog;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.FailedWebhook;
import org.mailevents.spool.ReplaySpool;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of the API's routes for what was set aside: the rejected events in {@code rejected_event}, and the quarantined webhooks in
 * {@code failed/} of this process' spool. Only a user who has signed in may send them again, with a token of {@link PageTokens}.
 */
public final class AsideSteps extends RouteBuilder {

    private static final Logger LOG = LoggerFactory.getLogger("aside");

    private static final String RESEND = "resend";
    private static final int MOST_FAILED = 100;
    private static final String USER = "user";
    private static final String JSON = "(?i)application/json(?:\\s*;.*)?";

    private RejectedRows rows;
    private Permission permission;
    private WebhookReader reader;
    private Spool spool;
    private Database database;
    private Meters meters;
    private FailureLog failures;

    @Override
    public void configure() {
        database = mandatoryFindSingleByType(getContext(), Database.class);
        spool = mandatoryFindSingleByType(getContext(), Spool.class);
        meters = mandatoryFindSingleByType(getContext(), Meters.class);
        failures = mandatoryFindSingleByType(getContext(), FailureLog.class);
        Jdbi jdbi = JdbiFactory.limited(database);
        rows = new RejectedRows(jdbi);
        permission = new Permission(PageTokens.of(new Settings(getContext()), jdbi, TimeSource.of(getContext())));
        reader = new WebhookReader(mandatoryFindSingleByType(getContext(), EventReader.class),
                mandatoryFindSingleByType(getContext(), RecipientHash.class));

        // @formatter:off
        from("direct:list-aside").routeId("list-aside")
            .description("Lists the rejected events and the quarantined webhooks")
            .errorHandler(noErrorHandler())
            .process(this::list);

        from("direct:read-rejected").routeId("read-rejected")
            .description("Reads a rejected event; the header rejectedId says which")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(rows.find(id(exchange)).orElse(null)));

        from("direct:send-again").routeId("send-again")
            .description("Sends a rejected event through the routes again, as it was or as the body says")
            .errorHandler(noErrorHandler())
            .process(this::begin)
            // usually one round; a long webhook has several pieces
            .loopDoWhile(exchange -> exchange.getVariable(RESEND) != null && resend(exchange).hasNext())
                .process(exchange -> exchange.getMessage().setBody(resend(exchange).next()))
                .doTry()
                    .to("direct:take-webhook")
                    .process(exchange -> resend(exchange).addReceipt(exchange.getMessage().getBody(Receipt.class)))
                .doCatch(Throwable.class)
                    .process(this::fail)
                .end()
            .end()
            .filter(variable(RESEND).isNotNull())
                .process(this::finish)
            .end();

        from("direct:send-all-again").routeId("send-all-again")
            .description("Has all rejected events replayed from the spool")
            .errorHandler(noErrorHandler())
            .process(this::sendAllAgain);

        from("direct:try-failed-again").routeId("try-failed-again")
            .description("Has quarantined webhooks tried again: the one of the header name, or all")
            .errorHandler(noErrorHandler())
            .process(this::tryFailedAgain);
        // @formatter:on
    }

    /**
     * @param rejected     the newest rejected events
     * @param nextRejected the value of {@code after} for the next ones, or null if there are none
     * @param replaying    whether all rejected events are being replayed
     * @param failed       the newest quarantined webhooks of this process' spool
     * @param failedTotal  how many there are
     * @param mayAct       whether the caller may send them again
     * @param token        what the caller then sends, otherwise null
     */
    record Aside(List<RejectedRow> rejected, String nextRejected, boolean replaying, List<FailedWebhook> failed, int failedTotal,
            boolean mayAct, String token) {
    }

    private void list(Exchange exchange) throws IOException {
        RejectedRows.Page page = rows.page(exchange.getMessage().getHeader("after", String.class));
        Optional<String> token = permission.token(exchange);
        exchange.getMessage().setBody(new Aside(page.rows(), page.next(), spool.isReplayOfRejectedRequested(), spool.failed(MOST_FAILED),
                spool.countFailed(), token.isPresent(), token.orElse(null)));
    }

    private static UUID id(Exchange exchange) {
        try {
            return UUID.fromString(exchange.getMessage().getHeader("rejectedId", String.class));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Set rejectedId to the rejectedId of GET /api/aside.");
        }
    }

    private void begin(Exchange exchange) {
        byte[] mended = exchange.getMessage().getBody(byte[].class);
        boolean asItWas = mended == null || mended.length == 0;
        String contentType = exchange.getMessage().getHeader(Exchange.CONTENT_TYPE, "", String.class);
        Optional<Problem> refusal = permission.refuse(exchange);
        if (refusal.isPresent()) {
            ApiAnswer.problem(exchange, refusal.get());
        } else if (!contentType.matches(asItWas ? "|" + JSON : JSON)) { // the body of a form arrives as headers, and so is empty here
            ApiAnswer.problem(exchange, new Problem(415, "Send the mended webhook as application/json."));
        } else {
            rows.find(id(exchange)).ifPresentOrElse(row -> begin(exchange, row, asItWas ? stored(row.payload())
                            : WebhookBody.of(false, StandardCharsets.UTF_8, mended, mended.length)),
                    () -> ApiAnswer.problem(exchange, new Problem(404,
                            "This rejected event does not exist any more: it was sent again or deleted.")));
        }
    }

    /** The payload of an element is JSON. The payload of an unreadable body is the body itself, which may be a form. */
    private static WebhookBody stored(String payload) {
        return WebhookBody.of(!payload.stripLeading().startsWith("{"), payload);
    }

    private void begin(Exchange exchange, RejectedRow row, WebhookBody body) {
        Set<String> flaws = Resend.flaws(reader.read(body, row.receivedAt()));
        if (flaws.isEmpty()) {
            exchange.setVariable(RESEND, new Resend(row.rejectedId(), reader.read(body, row.receivedAt()), rows));
            exchange.setVariable(USER, Permission.name(exchange));
            // The caller's headers end here, because the mail, file and SQL steps of the routes read headers.
            exchange.getMessage().removeHeaders("*");
        } else {
            ApiAnswer.problem(exchange, stillRejected(flaws, "Nothing has changed."));
        }
    }

    private static Problem stillRejected(Set<String> reasons, String outcome) {
        return new Problem(422, "Still rejected: " + String.join("; ", reasons) + ". " + outcome);
    }

    private void fail(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        resend(exchange).close();
        exchange.removeVariable(RESEND);
        if (ReplaySpool.isOfDatabase(failure, database)) {
            ApiAnswer.problem(exchange, new Problem(503, "The database is down or busy. The rejected event is kept. Try again later."));
        } else {
            ApiAnswer.problem(exchange, new Problem(500, "The rejected event is kept, because a step fails: "
                    + failures.reportOnce("send-again", failure).line("failed", failure)));
        }
    }

    private void finish(Exchange exchange) {
        Resend resend = resend(exchange);
        resend.close();
        Set<String> refusals = resend.finish();
        Receipt receipt = resend.receipt();
        meters.replayed(receipt.stored(), receipt.duplicates(), 0);
        LOG.info("{} has sent a rejected event again: {} stored, {} duplicates, {} rejected", exchange.getVariable(USER),
                receipt.stored(), receipt.duplicates(), receipt.rejected());
        if (receipt.rejected() > 0) {
            ApiAnswer.problem(exchange, stillRejected(refusals, receipt.stored() == 0 ? "Nothing has changed."
                    : "The other events are stored, and the rejected event is kept."));
        } else {
            ApiAnswer.put(exchange, 200, receipt.mediaType(), receipt.json());
        }
    }

    private void sendAllAgain(Exchange exchange) throws IOException {
        Optional<Problem> refusal = permission.refuse(exchange);
        if (refusal.isPresent()) {
            ApiAnswer.problem(exchange, refusal.get());
            return;
        }
        long events = rows.count();
        if (events > 0) {
            spool.replayRejected();
            LOG.info("{} has all {} rejected events sent again", Permission.name(exchange), events);
        }
        accepted(exchange, "events", events);
    }

    private void tryFailedAgain(Exchange exchange) throws IOException {
        Optional<Problem> refusal = permission.refuse(exchange);
        if (refusal.isPresent()) {
            ApiAnswer.problem(exchange, refusal.get());
            return;
        }
        String name = exchange.getMessage().getHeader("name", String.class);
        int webhooks = name == null ? spool.tryAllAgain() : spool.tryAgain(name) ? 1 : 0;
        if (webhooks > 0) {
            LOG.info("{} has {} of failed/ tried again", Permission.name(exchange), webhooks == 1 ? "1 webhook" : webhooks + " webhooks");
        }
        if (webhooks == 0 && name != null) {
            ApiAnswer.problem(exchange, new Problem(404, "This webhook was tried again or deleted, or a file of the same"
                    + " name waits in the spool already."));
        } else {
            accepted(exchange, "webhooks", webhooks);
        }
    }

    /** The work is done in the background, so the answer is 202. */
    private static void accepted(Exchange exchange, String what, long count) {
        ApiAnswer.put(exchange, 202, "application/json", "{\"" + what + "\":" + count + "}");
    }

    private static Resend resend(Exchange exchange) {
        return exchange.getVariable(RESEND, Resend.class);
    }
}
