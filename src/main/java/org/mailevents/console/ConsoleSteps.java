package org.mailevents.console;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.Problem;
import org.mailevents.live.LiveCauses;
import org.mailevents.log.FailureText;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last steps of the API's routes ({@code routes/api-….camel.yaml}) and of a team's own routes. {@code direct:answer} answers with the
 * body as JSON, and {@code direct:answer-failure} answers with a failure as a {@link Problem}. Queries can use the headers of the request;
 * the answer does not return these headers.
 */
public final class ConsoleSteps extends RouteBuilder {

    private static final Logger LOG = LoggerFactory.getLogger("api");

    private static final int DEFAULT_HOURS = 24;
    /** The counts of a month are some ten thousand rows. */
    private static final int MAX_HOURS = 31 * 24;

    private final ObjectMapper json = new ObjectMapper().registerModule(new SimpleModule()
            .addSerializer(Instant.class, instant(Function.identity()))
            .addSerializer(OffsetDateTime.class, instant(OffsetDateTime::toInstant))
            .addSerializer(Timestamp.class, instant(Timestamp::toInstant)));
    private Clock clock;
    private SummaryReader summaries;
    private IncidentReader incidents;
    private ClockReader clocks;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        LiveCauses causes = LiveCauses.in(getContext());
        clock = TimeSource.of(getContext());
        Database database = mandatoryFindSingleByType(getContext(), Database.class);
        Jdbi jdbi = JdbiFactory.create(database);
        summaries = new SummaryReader(getContext(), jdbi, causes);
        incidents = new IncidentReader(JdbiFactory.limited(database));
        MessageReader messages = new MessageReader(JdbiFactory.limited(database));
        clocks = new ClockReader(JdbiFactory.limited(database), clock, settings.zone("webhook.time-zone"));
        SuppressionList suppressions = new SuppressionList(jdbi, causes, settings.required("alert.language"));

        // @formatter:off
        from("direct:summarize").routeId("summarize")
            .description("Reads the summary of the last hours; the header hours says how many")
            .errorHandler(noErrorHandler())
            .process(this::summarize);

        from("direct:judge-clock").routeId("judge-clock")
            .description("Reads what the times of the last days say about time zone and clock")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(clocks.read()));

        from("direct:list-suppressions").routeId("list-suppressions")
            .description("Writes the suppression list as CSV")
            .errorHandler(noErrorHandler())
            .process(suppressions::answer);

        from("direct:read-incident").routeId("read-incident")
            .description("Reads what happened in an incident; the header id says which")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(incidents.read(exchange.getMessage().getHeader("id", String.class))
                    .orElse(null)));

        from("direct:read-message").routeId("read-message")
            .description("Reads all that is known about a message; the header id says which, and the header to names its recipient")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(messages.read(exchange.getMessage().getHeader("id", String.class),
                    exchange.getMessage().getHeader("to", String.class))));

        from("direct:answer").routeId("answer")
            .description("Answers with the body as JSON, or with 404 when the body is empty")
            .errorHandler(noErrorHandler())
            .process(this::answer);

        from("direct:answer-failure").routeId("answer-failure")
            .description("Answers with what was wrong with a request")
            .errorHandler(noErrorHandler())
            .process(this::answerFailure);
        // @formatter:on
    }

    private void summarize(Exchange exchange) {
        String hours = exchange.getMessage().getHeader("hours", String.valueOf(DEFAULT_HOURS), String.class);
        if (!hours.matches("[1-9]\\d{0,2}") || Integer.parseInt(hours) > MAX_HOURS) {
            throw new IllegalArgumentException("Set hours to a number from 1 to " + MAX_HOURS + ".");
        }
        exchange.getMessage().setBody(summaries.read(clock.instant().minus(Duration.ofHours(Integer.parseInt(hours)))));
    }

    private void answer(Exchange exchange) throws IOException {
        Object body = exchange.getMessage().getBody();
        if (body == null) {
            ApiAnswer.problem(exchange, new Problem(404, "Nothing was found: it was never received, or it has been deleted."));
        } else {
            ApiAnswer.put(exchange, 200, "application/json", json.writeValueAsString(body));
        }
    }

    private void answerFailure(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (failure instanceof IllegalArgumentException) {
            ApiAnswer.problem(exchange, new Problem(400, failure.getMessage()));
        } else if (Database.isAbsent(failure)) {
            ApiAnswer.problem(exchange, new Problem(503,
                    "The database is down. Try again later. Webhooks go to the spool in the meantime.", Problem.DATABASE_DOWN));
        } else {
            LOG.error("Answered 500: {}: {}", exchange.getFromRouteId(), FailureText.describe(failure));
            ApiAnswer.problem(exchange, new Problem(500, "The request failed. The log of Mail Events says why."));
        }
    }

    /** PostgreSQL's driver and H2's driver return different classes for a time. Here both become text in UTC (RFC 3339). */
    private static <T> JsonSerializer<T> instant(Function<T, Instant> instant) {
        return new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator generator, SerializerProvider provider) throws IOException {
                generator.writeString(instant.apply(value).toString());
            }
        };
    }
}
