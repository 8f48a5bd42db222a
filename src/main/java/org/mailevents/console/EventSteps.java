package org.mailevents.console;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.console.EventFeed.Place;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.http.HttpCaller;
import org.mailevents.privacy.RecipientHash;

/** The steps of the API's routes about the feed of events. */
public final class EventSteps extends RouteBuilder {

    private static final String DEFAULT_LIMIT = "50";
    private static final int MAX_LIMIT = 200;
    private static final Duration PAGE_TIME = Duration.ofMillis(200);

    private EventFeed feed;
    private RecipientHash hash;

    @Override
    public void configure() {
        feed = new EventFeed(JdbiFactory.limited(mandatoryFindSingleByType(getContext(), Database.class)), PAGE_TIME);
        hash = mandatoryFindSingleByType(getContext(), RecipientHash.class);

        // @formatter:off
        from("direct:list-events").routeId("list-events")
            .description("Reads a page of the events that pass the filter of the request")
            .errorHandler(noErrorHandler())
            .process(this::list);

        from("direct:export-events").routeId("export-events")
            .description("Answers with all events that pass the filter of the request, as CSV")
            .errorHandler(noErrorHandler())
            .process(this::export);
        // @formatter:on
    }

    private void list(Exchange exchange) {
        Map<String, String> asked = parameters(exchange);
        String limit = asked.remove("limit");
        String after = asked.remove("after");
        EventFilter filter = filter(asked);
        exchange.getMessage().setBody(feed.page(filter, after == null || after.isBlank() ? null : Place.parse(after),
                limit(limit == null || limit.isBlank() ? DEFAULT_LIMIT : limit)));
    }

    private void export(Exchange exchange) {
        EventFilter filter = filter(parameters(exchange));
        BooleanSupplier gone = HttpCaller.gone(exchange);
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "text/csv; charset=utf-8");
        exchange.getMessage().setHeader("Content-Disposition", "attachment; filename=\"events.csv\"");
        exchange.getMessage().setBody(new EventCsv(feed, filter, gone));
    }

    private EventFilter filter(Map<String, String> asked) {
        return EventFilter.of(asked, hash::of, feed::isMessage);
    }

    private static int limit(String limit) {
        if (!limit.matches("[1-9]\\d{0,2}") || Integer.parseInt(limit) > MAX_LIMIT) {
            throw new IllegalArgumentException("Set limit to a number from 1 to " + MAX_LIMIT + ".");
        }
        return Integer.parseInt(limit);
    }

    /** From the query itself: among the headers of the exchange, a parameter cannot be told from a header of the request. */
    private static Map<String, String> parameters(Exchange exchange) {
        Map<String, String> parameters = new LinkedHashMap<>();
        String query = exchange.getMessage().getHeader(Exchange.HTTP_RAW_QUERY, "", String.class);
        for (String pair : query.split("&")) {
            String[] parts = pair.split("=", 2);
            if (!pair.isEmpty() && parameters.put(decoded(parts[0]), parts.length == 1 ? "" : decoded(parts[1])) != null) {
                throw new IllegalArgumentException("Write the parameter " + decoded(parts[0]) + " once.");
            }
        }
        return parameters;
    }

    /** The server refuses a query that cannot be decoded. */
    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
