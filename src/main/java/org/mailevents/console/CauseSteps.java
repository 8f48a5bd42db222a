package org.mailevents.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.ExplainCommand;
import org.mailevents.cause.Explanation;
import org.mailevents.event.Problem;
import org.mailevents.live.LiveCauses;
import org.mailevents.settings.Settings;

/** The steps of the API's routes about causes. The page and other programs take all names and texts of the causes from here. */
public final class CauseSteps extends RouteBuilder {

    private final ObjectMapper json = new ObjectMapper();
    private LiveCauses causes;

    @Override
    public void configure() throws Exception {
        causes = LiveCauses.in(getContext());

        // @formatter:off
        from("direct:explain-reply").routeId("explain-reply")
            .description("Tells the cause of a reply, and whether its address is dead")
            .errorHandler(noErrorHandler())
            .process(this::explainReply);

        from("direct:list-causes").routeId("list-causes")
            .description("Lists the causes and the vendor's codes with their names and texts")
            .errorHandler(noErrorHandler())
            .process(this::listCauses);
        // @formatter:on
    }

    private void listCauses(Exchange exchange) {
        CauseTable table = causes.rules().table();
        exchange.getMessage().setBody(Map.of("causes", table.causes(), "codes", table.codes()));
    }

    /** Answers with JSON, or with text if the caller wants text. */
    private void explainReply(Exchange exchange) throws Exception {
        String type = exchange.getMessage().getHeader(Exchange.CONTENT_TYPE, "", String.class);
        if (!type.matches("(?i)application/json(?:\\s*;.*)?")) {
            ApiAnswer.problem(exchange, new Problem(415, "Send the request as application/json."));
            return;
        }
        CauseRules rules = causes.rules();
        Explanation explanation = Explanation.of(rules, ExplainCommand.bounce(exchange.getMessage().getBody(String.class)));
        boolean text = exchange.getMessage().getHeader("Accept", "", String.class).startsWith("text/plain");
        ApiAnswer.put(exchange, 200, text ? "text/plain; charset=utf-8" : "application/json", text
                ? explanation.text(rules.table(), new Settings(getContext()).required("alert.language"))
                : json.writeValueAsString(explanation));
    }
}
