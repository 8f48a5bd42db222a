package org.mailevents.camel;

import java.util.Map;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.component.direct.DirectProducer;
import org.apache.camel.support.DefaultAsyncProducer;

/**
 * The {@code direct:} component of Camel, with two differences: a producer looks its consumer up for each message, and no more than
 * {@value #MAX_DEPTH} calls can be nested.
 *
 * <p>The first difference: in Camel 4.18.0, {@code DirectProducer.process} remembers the consumer. When a route was replaced, it first
 * updates its {@code stateCounter} and then its {@code consumer}. A second thread between these two lines sees the new counter and sends to
 * the old consumer, which is stopped. Without this class, a live edit under load fails some webhooks, and they go to the spool. The class
 * leans on the constructor {@code DirectProducer(endpoint, key)} and on the key, which is the URI without its options. No ticket is known.
 * The lines were still the same on Camel's main branch in 2026. This part can go once {@code DirectProducer} updates both fields at once.
 *
 * <p>The second difference: Camel has no limit for routes that call each other. One webhook in such a loop fills the heap within seconds.
 * {@code RouteFlow} refuses a loop that it can see. A step such as <code>toD: direct:${…}</code> shows its target only at run time. This
 * part can go once Camel limits the depth of the calls.
 */
public final class CurrentDirect extends DirectComponent {

    /** A webhook needs about five nested calls. A team's own routes may add some. */
    static final int MAX_DEPTH = 50;

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private CurrentDirect() {
    }

    /** Replaces the component, before a route uses it. */
    public static void use(CamelContext context) {
        context.addComponent("direct", new CurrentDirect());
    }

    /** The route that has sent this exchange to the {@code direct:} endpoint of the route that runs now, as a log can name it. */
    public static String caller(Exchange exchange) {
        DirectCall call = DirectCall.of(exchange);
        return call == null ? "an unknown route" : call.caller();
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        DirectEndpoint endpoint = new CurrentEndpoint(uri, this);
        endpoint.setBlock(isBlock());
        endpoint.setTimeout(getTimeout());
        setProperties(endpoint, parameters);
        return endpoint;
    }

    private static final class CurrentEndpoint extends DirectEndpoint {

        private final String key;

        CurrentEndpoint(String uri, DirectComponent component) {
            super(uri, component);
            key = uri.split("\\?", 2)[0];
        }

        @Override
        public Producer createProducer() {
            return new DefaultAsyncProducer(this) {
                @Override
                public boolean process(Exchange exchange, AsyncCallback callback) {
                    DirectCall call = DirectCall.begin(exchange);
                    String loop = call.loopDeeperThan(MAX_DEPTH);
                    if (loop != null) {
                        exchange.setException(new IllegalStateException("The routes call each other without an end: " + loop
                                + ". Change the step that leads back. More than " + MAX_DEPTH + " direct: calls within each other are"
                                + " refused."));
                        callback.done(true);
                        return true;
                    }
                    DirectCall.set(exchange, call);
                    return new DirectProducer(CurrentEndpoint.this, key).process(exchange, doneSync -> {
                        DirectCall.set(exchange, call.within());
                        callback.done(doneSync);
                    });
                }
            };
        }
    }
}
