package org.mailevents.http;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.support.LifecycleStrategySupport;
import org.mailevents.settings.Settings;

/**
 * Sets up Camel's HTTP server: the {@link RequestGate} checks each request, {@link StrictHttpServer} refuses invalid HTTP,
 * {@link WebhookConsumer} takes the webhooks, and {@link ApiConsumer} takes the other requests.
 *
 * <p>The gate must be in the router before the server listens. Otherwise the server's own 404 would answer the first requests. Camel 4.18
 * makes the router and then the server in {@code VertxPlatformHttpServer.doStart}. So the gate enters the router when Camel asks Vert.x for
 * the server, which StrictHttpServer replaces anyway.
 *
 * <p>Camel's public way, {@code AuthenticationConfigEntry.setAuthenticationHandlerFactory}, also runs before the server listens, but it is
 * not enough. The factory receives only an authentication provider and returns one handler for a path. It cannot add the failure handler of
 * the webhook's path, which answers a body that is too large or too late. It cannot add the last route either, which answers requests that
 * no route takes. And it does not reach the server itself, which StrictHttpServer needs. This class can be simpler once Camel calls a
 * customizer with the router before the server listens.
 */
public final class ServerSetup {

    private final CamelContext camel;
    private final String webhookPath;
    private final long maxBody;
    private final RequestGate gate;

    /** @param bodies knows the size of the largest body */
    public ServerSetup(CamelContext camel, String webhookPath, Bodies bodies, RequestGate gate) {
        this.camel = camel;
        this.webhookPath = webhookPath;
        this.maxBody = bodies.maxBody();
        this.gate = gate;
    }

    /**
     * Checks that the server will be able to listen. Otherwise Camel would only log a warning and run without its endpoint.
     *
     * @throws IllegalArgumentException if the address is in use or does not belong to this machine
     */
    public static void requireFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new IllegalArgumentException("Set camel.server.host and camel.server.port to an address where this application can"
                    + " listen: " + host + ":" + port + " is in use or does not belong to this machine", e);
        }
    }

    /** @throws IllegalArgumentException if the path of the webhook is that of the page on which recipients answer alerts */
    public static void requireWebhookPath(String path) {
        if (path.replaceFirst("/+$", "").equals(AnswerRequests.PATH)) {
            throw new IllegalArgumentException("Set webhook.path to another path. The page on which recipients answer alerts has the path "
                    + AnswerRequests.PATH);
        }
    }

    /** Must run before the context starts, because Camel then starts the server. */
    public void prepare(int port) {
        String routerName = VertxPlatformHttpRouter.getRouterNameFromPort(port);
        // The health check has a second server. Camel 4.17, the version of `camel run`, would not know which of the two is meant.
        boolean answers = AnswerRequests.isOpen(new Settings(camel));
        VertxPlatformHttpEngine engine = new VertxPlatformHttpEngine() {
            @Override
            public int getServerPort() {
                return port;
            }

            @Override
            public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
                boolean read = endpoint.getPath().equals(webhookPath) || answers && endpoint.getPath().equals(AnswerRequests.PATH);
                return read ? new WebhookConsumer(endpoint, processor, getHandlers(), routerName)
                        : new ApiConsumer(endpoint, processor, getHandlers(), routerName);
            }
        };
        camel.getComponent("platform-http", PlatformHttpComponent.class).setEngine(engine);
        camel.hasService(MainHttpServer.class).setMaxBodySize(maxBody);
        // The health check's server keeps a Vert.x of its own, so that webhooks cannot take all its threads.
        Vertx vertx = Vertx.vertx();
        Runnable installGate = () -> gate.install(VertxPlatformHttpRouter.lookup(camel, routerName));
        camel.hasServices(VertxPlatformHttpServer.class).stream().filter(server -> server.getConfigurationPort() == port).findFirst()
                .orElseThrow().setVertx(StrictHttpServer.in(vertx, gate::refuse, installGate));
        camel.addLifecycleStrategy(new LifecycleStrategySupport() {
            /** Camel closes a Vert.x only if Camel itself made it. */
            @Override
            public void onContextStopped(CamelContext context) {
                vertx.close().toCompletionStage().toCompletableFuture().join();
            }
        });
    }
}
