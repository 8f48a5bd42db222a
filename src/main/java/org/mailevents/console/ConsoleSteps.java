package org.mailevents.console;

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
import org.mailevents.database.Database;
import org.mailevents.event.Problem;
import org.mailevents.log.FailureText;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the routes of the API (YAML, {@code routes/api-….camel.yaml}) and a team's own end with: {@code direct:answer} makes JSON of the body,
 * {@code direct:answer-failure} a {@link Problem} of what has failed. A query of theirs sees the headers of the request; the answer holds none of them.
 */
public final class ConsoleSteps extends RouteBuilder {

    private static final Logger LOG = LoggerFactory.getLogger("api");

    private static final int DEFAULT_HOURS = 24;
    /** A month, for which the counts are some ten thousand rows. */
    private static final int MAX_HOURS = 31 * 24;

    private final ObjectMapper json = new ObjectMapper().registerModule(new SimpleModule()
            .addSerializer(Instant.class, instant(Function.identity()))
            .addSerializer(OffsetDateTime.class, instant(OffsetDateTime::toInstant))
            .addSerializer(Timestamp.class, instant(Timestamp::toInstant)));
    private Clock clock;
    private SummaryReader summaries;
    private Database database;

    @Override
    public void configure() {
        clock = TimeSource.of(getContext());
        database = Database.of(getContext());
        summaries = new SummaryReader(getContext());

        // @formatter:off
        from("direct:summarize").routeId("summarize")
            .description("Makes the summary of the last hours, as many as the header hours says")
            .errorHandler(noErrorHandler())
            .process(this::summarize);

        from("direct:list-suppressions").routeId("list-suppressions")
            .description("Writes the suppression list as CSV")
            .errorHandler(noErrorHandler())
            .process(exchange -> SuppressionList.answer(database, exchange));

        from("direct:answer").routeId("answer")
            .description("Answers with the body as JSON, or that there is nothing of that name")
            .errorHandler(noErrorHandler())
            .process(this::answer);

        from("direct:answer-failure").routeId("answer-failure")
            .description("Answers what was wrong with a request")
            .errorHandler(noErrorHandler())
            .process(this::answerFailure);
        // @formatter:on
    }

    private void summarize(Exchange exchange) {
        String hours = exchange.getMessage().getHeader("hours", String.valueOf(DEFAULT_HOURS), String.class);
        if (!hours.matches("[1-9]\\d{0,2}") || Integer.parseInt(hours) > MAX_HOURS) {
            throw new IllegalArgumentException("Give hours as a number from 1 to " + MAX_HOURS + ".");
        }
        exchange.getMessage().setBody(summaries.read(clock.instant().minus(Duration.ofHours(Integer.parseInt(hours)))));
    }

    private void answer(Exchange exchange) throws IOException {
        Object body = exchange.getMessage().getBody();
        if (body == null) {
            answer(exchange, new Problem(404, "There is nothing of that name here: it was never received, or it has been deleted since."));
        } else {
            answer(exchange, 200, "application/json", json.writeValueAsString(body));
        }
    }

    private void answerFailure(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (failure instanceof IllegalArgumentException) {
            answer(exchange, new Problem(400, failure.getMessage()));
        } else if (Database.isAbsent(failure)) {
            answer(exchange, new Problem(503, "The database is down. Ask again later; webhooks are kept meanwhile."));
        } else {
            LOG.error("Answered 500: {}: {}", exchange.getFromRouteId(), FailureText.describe(failure));
            answer(exchange, new Problem(500, "The question could not be answered; the log of this server says why."));
        }
    }

    private static void answer(Exchange exchange, Problem problem) {
        answer(exchange, problem.status(), problem.mediaType(), problem.json());
    }

    private static void answer(Exchange exchange, int status, String mediaType, String body) {
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, mediaType);
        exchange.getMessage().setBody(body);
    }

    /** PostgreSQL's driver and H2's give different objects for the same time: here both are text in UTC (RFC 3339). */
    private static <T> JsonSerializer<T> instant(Function<T, Instant> instant) {
        return new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator generator, SerializerProvider provider) throws IOException {
                generator.writeString(instant.apply(value).toString());
            }
        };
    }
}
