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
 * The {@code direct:} component of Camel, with one difference: a producer looks its consumer up for each message.
 *
 * <p>Why: in Camel 4.18.0, {@code DirectProducer.process} remembers the consumer. When a route was replaced, it first updates its {@code
 * stateCounter} and then its {@code consumer}. A second thread between these two lines sees the new counter and sends to the old consumer,
 * which is stopped. Without this class, a live edit under load fails some webhooks, and they go to the spool. The class leans on the
 * constructor {@code DirectProducer(endpoint, key)} and on the key, which is the URI without its options.
 *
 * <p>No ticket is known. The lines were still the same on Camel's main branch in 2026. The class can go once {@code DirectProducer}
 * updates both fields at once.
 */
public final class CurrentDirect extends DirectComponent {

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private CurrentDirect() {
    }

    /** Replaces the component, before a route uses it. */
    public static void use(CamelContext context) {
        context.addComponent("direct", new CurrentDirect());
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
                    return new DirectProducer(CurrentEndpoint.this, key).process(exchange, callback);
                }
            };
        }
    }
}
