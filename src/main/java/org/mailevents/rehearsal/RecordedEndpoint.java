package org.mailevents.rehearsal;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.PollingConsumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.model.WireTapDefinition;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.support.ExchangeHelper;
import org.apache.camel.support.PollingConsumerSupport;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.route.RouteGraph;

/**
 * Stands for an endpoint in a {@link Rehearsal}. A message to it is noted in the {@link Recording} and goes nowhere else. Camel has made
 * the endpoint that it stands for, with all its options, but never makes a producer of it, so no connection opens.
 */
class RecordedEndpoint extends DefaultEndpoint {

    /** Camel calls these local, but they do something outside the rehearsal. */
    private static final Set<String> OUTSIDE = Set.of("controlbus", "exec");
    /** The beans of Mail Events that a step may name. They change nothing. */
    private static final Set<String> OWN_BEANS = Set.of("collectEvents", "csvRow", "failure", "recipientHash");
    /** Systems that send nothing back, so the routes go on with the message as it was. */
    private static final Set<String> SILENT = Set.of("file", "ftp", "ftps", "sftp", "jms", "kafka", "smtp", "smtps");
    private static final String STORE = "direct:store-events";

    private final Endpoint original;
    private final Action action;

    private interface Action {
        void run(Exchange exchange) throws Exception;
    }

    private RecordedEndpoint(Endpoint original, Action action) {
        super(original.getEndpointUri(), original.getComponent());
        this.original = original;
        this.action = action;
    }

    /**
     * Replaces all endpoints of a context that lead outside of the rehearsal, before its routes are created.
     *
     * @param directs the {@code direct:} names of the routes that the rehearsal runs; any other is a route in Java
     */
    static void replaceIn(CamelContext context, Set<String> directs) {
        Map<String, Processor> queues = new ConcurrentHashMap<>();
        context.getCamelContextExtension().registerEndpointCallback((uri, endpoint) -> {
            String name = RouteGraph.endpointName(endpoint.getEndpointUri());
            if (name.equals(STORE)) {
                return new RecordedEndpoint(endpoint, RecordedEndpoint::store);
            }
            if (name.startsWith("seda:")) {
                return queue(endpoint, queues);
            }
            if (name.startsWith("log:")) {
                return new RecordedEndpoint(endpoint, exchange -> { });
            }
            boolean java = name.startsWith("direct:") && !directs.contains(name);
            boolean bean = name.matches("(?:bean|class):.*") && !isOwnBean(name.substring(name.indexOf(':') + 1));
            return java || bean || endpoint.isRemote() || OUTSIDE.contains(name.split(":")[0])
                    ? new RecordedEndpoint(endpoint, exchange -> record(exchange, name)) : endpoint;
        });
    }

    private static void store(Exchange exchange) {
        if (!(exchange.getMessage().getBody() instanceof Webhook webhook)) {
            throw new IllegalStateException(STORE + " stores a whole webhook, but the body is " + body(exchange.getMessage().getBody())
                    + " here. Call it after the split, and let no step before it replace the body.");
        }
        Recording.of(exchange).store(webhook);
        int events = webhook.events().size();
        exchange.getMessage().setBody(new Receipt(webhook.received(), events, 0, webhook.received() - events, 0));
    }

    private static String body(Object body) {
        return body == null ? "empty" : "a " + body.getClass().getSimpleName();
    }

    /** Whether a step calls a bean of Mail Events, which changes nothing. A bean of a team may do anything. */
    static boolean isOwnBean(String name) {
        return name != null && OWN_BEANS.contains(name);
    }

    static void record(Exchange exchange, String name) {
        Recording.of(exchange).call(name, exchange.getMessage().getBody(String.class), !SILENT.contains(name.split(":")[0]));
    }

    /** A queue whose messages go to their route at once. The sender gets no answer and no exception, as from a queue. */
    private static RecordedEndpoint queue(Endpoint endpoint, Map<String, Processor> queues) {
        String name = RouteGraph.endpointName(endpoint.getEndpointUri());
        return new RecordedEndpoint(endpoint, exchange -> {
            Processor consumer = queues.get(name);
            if (consumer == null) {
                Recording.of(exchange).call(name, exchange.getMessage().getBody(String.class), false);
            } else {
                runAside(exchange, consumer);
            }
        }) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new DefaultConsumer(this, processor) {
                    @Override
                    protected void doStart() throws Exception {
                        super.doStart();
                        queues.put(name, getProcessor());
                    }
                };
            }
        };
    }

    /** Sends a copy to the endpoint of a wire tap, and leaves the exchange as it is. */
    static void sendCopy(Exchange exchange, WireTapDefinition<?> tap) throws Exception {
        CamelContext context = exchange.getContext();
        String uri = context.resolvePropertyPlaceholders(tap.getUri());
        if (uri.contains("${") && !"false".equals(tap.getDynamicUri())) {
            uri = context.resolveLanguage("simple").createExpression(uri).evaluate(exchange, String.class);
        }
        try (Producer producer = context.getEndpoint(uri).createProducer()) {
            producer.start();
            runAside(exchange, producer);
        }
    }

    private static void runAside(Exchange exchange, Processor processor) throws Exception {
        Exchange copy = ExchangeHelper.createCorrelatedCopy(exchange, false);
        copy.setPattern(ExchangePattern.InOnly);
        Recording original = Recording.of(exchange);
        Recording recording = original.inCopy(copy);
        processor.process(copy);
        original.add(recording.outcome(copy.getException()));
    }

    @Override
    public Producer createProducer() {
        return new DefaultProducer(this) {
            @Override
            public void process(Exchange exchange) throws Exception {
                if (Recording.of(exchange) != null) {
                    action.run(exchange);
                }
            }
        };
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        return original.createConsumer(processor);
    }

    @Override
    public PollingConsumer createPollingConsumer() {
        return new PollingConsumerSupport(this) {
            @Override
            public Exchange receive() {
                return null;
            }

            @Override
            public Exchange receiveNoWait() {
                return null;
            }

            @Override
            public Exchange receive(long timeout) {
                return null;
            }
        };
    }

    /** Unknown options were refused when the original was made. */
    @Override
    public boolean isLenientProperties() {
        return true;
    }
}
