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
 * The {@code direct:} of Camel, but for one thing: who sends to a route asks at each message which one is there. Camel's producers
 * remember it, and when several threads find at once that it was replaced, all but the first still send to the one that was stopped.
 */
public final class CurrentDirect extends DirectComponent {

    private CurrentDirect() {
    }

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
