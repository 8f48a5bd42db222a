package org.mailevents.reconcile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.mailevents.console.ApiAnswer;
import org.mailevents.event.Problem;

/** Answers requests to compare one day with the vendor. */
final class DayRequests {

    /** How long a caller waits. The command waits for a minute. */
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(45);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ReconcileRuns runs;
    private final SpoolBacklogs backlogs;
    private final ExecutorService threads;

    /**
     * @param runs    null if the settings of the vendor's API are not set
     * @param threads a run takes one of them until it has ended, even if the caller waits no longer
     */
    DayRequests(ReconcileRuns runs, SpoolBacklogs backlogs, ExecutorService threads) {
        this.runs = runs;
        this.backlogs = backlogs;
        this.threads = threads;
    }

    void answer(Exchange exchange) throws Exception {
        String type = exchange.getMessage().getHeader(Exchange.CONTENT_TYPE, "", String.class);
        if (!type.matches("(?i)application/json(?:\\s*;.*)?")) {
            ApiAnswer.problem(exchange, new Problem(415, "Send the request as application/json."));
            return;
        }
        JsonNode request = request(exchange.getMessage().getBody(String.class));
        LocalDate day = day(request.path("day").asText());
        boolean dryRun = request.path("dryRun").asBoolean();
        if (runs == null) {
            throw new IllegalArgumentException("Set vendor.api-user, vendor.api-key and vendor.server-composition first.");
        }
        if (backlogs.areAny()) {
            ApiAnswer.problem(exchange, new Problem(409, "Webhooks wait in the spool of a process, and would look as if they were missing."
                    + " Try again when they are stored."));
            return;
        }
        if (!runs.begin()) {
            ApiAnswer.problem(exchange, new Problem(409, "Another run is in progress. Try again when it has ended. If its process was"
                    + " killed, try again after five minutes."));
            return;
        }
        Future<String> running = threads.submit(() -> runs.run(day, dryRun));
        try {
            answer(exchange, running.get(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            answer(exchange, "The run goes on. GET /api/reconciliation and the log show its result.\n");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static void answer(Exchange exchange, String text) {
        ApiAnswer.put(exchange, 200, "text/plain; charset=utf-8", text);
    }

    private static JsonNode request(String body) {
        try {
            return JSON.readTree(body == null ? "" : body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Send a JSON object: the body is not JSON.", e);
        }
    }

    private static LocalDate day(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Set day to a day such as 2026-11-24.", e);
        }
    }
}
