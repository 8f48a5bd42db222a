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
 * Answers {@code /observe/health} instead of Camel, in Camel's format.
 *
 * <p>Why: in Camel 4.18.0, {@code ManagementHttpServer} escapes each message with {@code Jsoner.escape}, and then escapes the whole answer
 * again. Without this class, the answer has {@code routes\\\/x} instead of {@code routes/x}, and a program that decodes the JSON gets
 * {@code routes\/x}. Camel's handler has no extension point, so this class adds a handler to the server's router, with an order before
 * Camel's.
 *
 * <p>No ticket is known. The class can go once {@code ManagementHttpServer} no longer calls {@code Jsoner.escape} on a message, and
 * {@code Jsoner} leaves a slash as it is.
 */
public final class HealthAnswer {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALL_CHECKS = "full";

    private final CamelContext camel;

    private HealthAnswer(CamelContext camel) {
        this.camel = camel;
    }

    /** Adds the handlers. Call this after the server of the health checks has started; without such a server it does nothing. */
    public static void use(CamelContext camel) {
        ManagementHttpServer server = camel.hasService(ManagementHttpServer.class);
        if (server != null && server.isHealthCheckEnabled()) {
            HealthAnswer answer = new HealthAnswer(camel);
            String path = server.getHealthPath();
            answer.addHandler(server, path, false, () -> HealthCheckHelper.invoke(camel, ALL_CHECKS));
            answer.addHandler(server, path + "/live", false, () -> HealthCheckHelper.invokeLiveness(camel, ALL_CHECKS));
            answer.addHandler(server, path + "/ready", true, () -> HealthCheckHelper.invokeReadiness(camel, ALL_CHECKS));
        }
    }

    private void addHandler(ManagementHttpServer server, String path, boolean readiness, Supplier<Collection<HealthCheck.Result>> checks) {
        server.getRouter().route(HttpMethod.GET, path).order(-1).blockingHandler(request -> {
            if (request.request().query() != null || !ALL_CHECKS.equals(HealthCheckRegistry.get(camel).getExposureLevel())) {
                request.next(); // only Camel's own handler knows the options of Camel's query
            } else {
                Collection<HealthCheck.Result> results = checks.get();
                answer(request, HealthCheckHelper.isResultsUp(results, readiness), results);
            }
        });
    }

    private static void answer(RoutingContext request, boolean up, Collection<HealthCheck.Result> results) {
        ObjectNode answer = JSON.createObjectNode().put("status", up ? "UP" : "DOWN");
        for (HealthCheck.Result result : results) {
            ObjectNode check = answer.withArray("checks").addObject().put("name", result.getCheck().getId())
                    .put("status", result.getState().name());
            result.getError().ifPresent(error -> check.put("error-message", FailureText.describe(error)));
            result.getMessage().ifPresent(message -> check.put("message", message));
        }
        request.response().setStatusCode(up ? 200 : 503).putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(answer.toString());
    }
}
