package org.mailevents.rehearsal;

import java.util.Locale;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.LoggingLevel;
import org.apache.camel.NamedNode;
import org.apache.camel.Navigate;
import org.apache.camel.Processor;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.DelayDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.IdempotentConsumerDefinition;
import org.apache.camel.model.LogDefinition;
import org.apache.camel.model.PollDefinition;
import org.apache.camel.model.PollEnrichDefinition;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.SamplingDefinition;
import org.apache.camel.model.ThrottleDefinition;
import org.apache.camel.model.WireTapDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Notes each step of a {@link Rehearsal}, and changes the steps that would wait, log, or remember something of the event. A {@code delay},
 * {@code throttle} or {@code sample} lets the event pass, and {@code log} only evaluates its message. An idempotent consumer takes every
 * event for a new one, and {@code wireTap} sends its copy at once. A step {@code bean} or {@code process} of a team may call another
 * system, so it is only noted, like an endpoint. The {@link Recording} ends a webhook that takes too many steps or too much memory.
 */
final class RehearsalSteps implements InterceptStrategy {

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private RehearsalSteps() {
    }

    /** Adds the strategy to a context whose routes are not created yet. */
    static void use(CamelContext context) {
        context.getCamelContextExtension().addInterceptStrategy(new RehearsalSteps());
    }

    private interface Step {
        void run(Exchange exchange) throws Exception;
    }

    @Override
    public Processor wrapProcessorInInterceptors(CamelContext context, NamedNode node, Processor target, Processor next) {
        Step replacement = replacement(context, node, target);
        return new DelegateAsyncProcessor(target) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                Recording recording = Recording.of(exchange);
                if (recording == null) {
                    return super.process(exchange, callback);
                }
                if (end(exchange, recording.enter(node))) {
                    callback.done(true);
                    return true;
                }
                if (node instanceof PollEnrichDefinition || node instanceof PollDefinition) {
                    recording.missAnswer();
                }
                if (replacement == null) {
                    return super.process(exchange, doneSync -> {
                        note(recording, node, exchange);
                        callback.done(doneSync);
                    });
                }
                try {
                    replacement.run(exchange);
                } catch (Exception e) {
                    exchange.setException(e);
                }
                note(recording, node, exchange);
                callback.done(true);
                return true;
            }
        };
    }

    /** Not even a loop with a {@code doCatch} goes on in a route that is stopped. The steps of a handler are left out. */
    private static boolean end(Exchange exchange, Exception excess) {
        if (excess != null) {
            if (exchange.getProperty(Exchange.EXCEPTION_CAUGHT) != excess) {
                exchange.setException(excess);
            }
            exchange.setRouteStop(true);
        }
        return excess != null;
    }

    private static void note(Recording recording, NamedNode node, Exchange exchange) {
        if (end(exchange, recording.leave(exchange))) {
            return;
        }
        recording.noteDecisions(node, exchange);
        if (exchange.getException() != null) {
            recording.fail(node, exchange);
        }
    }

    private static Step replacement(CamelContext context, NamedNode node, Processor target) {
        if (node instanceof DelayDefinition || node instanceof ThrottleDefinition) {
            Expression number = ((ExpressionNode) node).getExpression().createExpression(context);
            return exchange -> number.evaluate(exchange, Long.class);
        }
        if (node instanceof SamplingDefinition) {
            return exchange -> { };
        }
        if (node instanceof BeanDefinition bean && !RecordedEndpoint.isOwnBean(bean.getRef())) {
            return exchange -> RecordedEndpoint.record(exchange, "bean:" + (bean.getRef() == null ? bean.getBeanType() : bean.getRef()));
        }
        if (node instanceof ProcessDefinition process) {
            return exchange -> RecordedEndpoint.record(exchange, "bean:" + process.getRef());
        }
        if (node instanceof LogDefinition log) {
            return evaluation(context, log);
        }
        if (node instanceof IdempotentConsumerDefinition && target instanceof Navigate<?> consumer) {
            return exchange -> ((Processor) consumer.next().get(0)).process(exchange);
        }
        if (node instanceof WireTapDefinition<?> tap) {
            return exchange -> RecordedEndpoint.sendCopy(exchange, tap);
        }
        return null;
    }

    /** A mistake in the message of a log step fails the webhook, but only if the message is logged at all. */
    private static Step evaluation(CamelContext context, LogDefinition log) {
        LoggingLevel level = log.getLoggingLevel() == null ? LoggingLevel.INFO
                : LoggingLevel.valueOf(context.resolvePropertyPlaceholders(log.getLoggingLevel()).toUpperCase(Locale.ROOT));
        if (!level.isEnabled(LoggingLevel.INFO)) {
            return exchange -> { };
        }
        String language = log.getLogLanguage() == null ? "simple" : log.getLogLanguage();
        Expression message = context.resolveLanguage(language).createExpression(context.resolvePropertyPlaceholders(log.getMessage()));
        message.init(context);
        return exchange -> message.evaluate(exchange, String.class);
    }
}
