package org.mailevents.camel;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.Collection;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.health.HealthCheckRegistry;
import org.mailevents.log.FailureText;

/**
 * Answers {@code /observe/health} instead of Camel, in Camel's form. Camel's handler escapes a message, and then escapes the whole answer again: the
 * reader of {@code routes/x} gets {@code routes\\\/x}, and a program that decodes the answer gets {@code routes\/x}. The handler has no extension
 * point, so this one stands before it. It can go when {@code ManagementHttpServer} no longer calls {@code Jsoner.escape} on a message, and
 * {@code Jsoner} leaves a slash as it is.
 */
public final class HealthAnswer {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALL_CHECKS = "full";

    private final CamelContext camel;

    private HealthAnswer(CamelContext camel) {
        this.camel = camel;
    }

    /** When the server of the health checks has started, if there is one. */
    public static void use(CamelContext camel) {
        ManagementHttpServer server = camel.hasService(ManagementHttpServer.class);
        if (server != null && server.isHealthCheckEnabled()) {
            HealthAnswer answer = new HealthAnswer(camel);
            String path = server.getHealthPath();
            answer.at(server, path, false, () -> HealthCheckHelper.invoke(camel, ALL_CHECKS));
            answer.at(server, path + "/live", false, () -> HealthCheckHelper.invokeLiveness(camel, ALL_CHECKS));
            answer.at(server, path + "/ready", true, () -> HealthCheckHelper.invokeReadiness(camel, ALL_CHECKS));
        }
    }

    private void at(ManagementHttpServer server, String path, boolean readiness, Supplier<Collection<HealthCheck.Result>> checks) {
        server.getRouter().route(HttpMethod.GET, path).order(-1).blockingHandler(request -> {
            if (request.request().query() != null || !ALL_CHECKS.equals(HealthCheckRegistry.get(camel).getExposureLevel())) {
                request.next(); // Camel's own handler knows Camel's options
            } else {
                Collection<HealthCheck.Result> results = checks.get();
                answer(request, HealthCheckHelper.isResultsUp(results, readiness), results);
            }
        });
    }

    private static void answer(RoutingContext request, boolean up, Collection<HealthCheck.Result> results) {
        ObjectNode answer = JSON.createObjectNode().put("status", up ? "UP" : "DOWN");
        for (HealthCheck.Result result : results) {
            ObjectNode check = answer.withArray("checks").addObject().put("name", result.getCheck().getId()).put("status", result.getState().name());
            result.getError().ifPresent(error -> check.put("error-message", FailureText.describe(error)));
            result.getMessage().ifPresent(message -> check.put("message", message));
        }
        request.response().setStatusCode(up ? 200 : 503).putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(answer.toString());
    }
}
