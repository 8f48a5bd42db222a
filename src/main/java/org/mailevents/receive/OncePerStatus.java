package org.mailevents.receive;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.LogDefinition;
import org.apache.camel.model.OtherwiseDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.SetVariableDefinition;
import org.apache.camel.model.SplitDefinition;
import org.apache.camel.model.WhenDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.ExchangeHelper;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Has a split whose steps only decide, and on nothing but the status, do so once for all events of a status and not once an event:
 * an exchange an event is half the work of a webhook. One step more, such as a team adds, and it is Camel's split again.
 */
final class OncePerStatus implements InterceptStrategy {

    private static final String STATUS = "${body.status}";
    /** The variables of a branch that are kept; another one may be the context's, or have a name that an event gives. */
    private static final Set<String> DECISIONS = Set.of("kind", "audience");

    /** Private, because the Camel CLI makes an object of every class that it can make one of, and cannot of this. */
    private OncePerStatus() {
    }

    static void use(CamelContext context) {
        context.getCamelContextExtension().addInterceptStrategy(new OncePerStatus());
    }

    @Override
    public Processor wrapProcessorInInterceptors(CamelContext context, NamedNode definition, Processor target, Processor next) {
        return definition instanceof SplitDefinition split && onlyDecides(split) ? new Once(target) : target;
    }

    private static boolean onlyDecides(SplitDefinition split) {
        return CollectEvents.NAME.equals(split.getAggregationStrategy()) && CollectEvents.NAME.equals(split.getOnPrepare())
                && "${body.events}".equals(split.getExpression().getExpression())
                && onlyDecide(split.getOutputs());
    }

    private static boolean onlyDecide(List<ProcessorDefinition<?>> steps) {
        return steps.stream().allMatch(OncePerStatus::onlyDecides);
    }

    private static boolean onlyDecides(ProcessorDefinition<?> step) {
        if (step instanceof ChoiceDefinition choice) {
            OtherwiseDefinition otherwise = choice.getOtherwise();
            return choice.getWhenClauses().stream().allMatch(OncePerStatus::onlyDecides)
                    && (otherwise == null || onlyDecide(otherwise.getOutputs()));
        }
        return step instanceof SetVariableDefinition variable && DECISIONS.contains(variable.getName()) && isOfStatus(variable.getExpression())
                || step instanceof LogDefinition log && isSilent(log);
    }

    private static boolean onlyDecides(WhenDefinition when) {
        return isOfStatus(when.getExpression()) && onlyDecide(when.getOutputs());
    }

    private static boolean isOfStatus(ExpressionDefinition expression) {
        return "constant".equals(expression.getLanguage())
                || "simple".equals(expression.getLanguage()) && isOfStatus(expression.getExpression());
    }

    /** What stands in a setting or a file can be anything. */
    private static boolean isOfStatus(String simple) {
        String rest = simple.replace(STATUS, "");
        return !rest.contains("$") && !rest.contains("{{") && !rest.strip().startsWith("resource:");
    }

    /** A line that nobody would see. */
    private static boolean isSilent(LogDefinition log) {
        String level = String.valueOf(log.getLoggingLevel()).toUpperCase(Locale.ROOT);
        String name = log.getLogName() == null ? ProcessorDefinitionHelper.getRoute(log).getRouteId() : log.getLogName();
        return (level.equals("DEBUG") || level.equals("TRACE")) && !LoggerFactory.getLogger(name).isEnabledForLevel(Level.valueOf(level));
    }

    private static final class Once extends DelegateAsyncProcessor {

        Once(Processor split) {
            super(split);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            if (!(exchange.getMessage().getBody() instanceof Webhook whole) || isIntercepted(exchange)) {
                return super.process(exchange, callback);
            }
            Map<String, MailEvent> ofStatus = new HashMap<>();
            whole.events().forEach(event -> ofStatus.putIfAbsent(event.status(), event));
            exchange.getMessage().setBody(whole.withEvents(List.copyOf(ofStatus.values())));
            return super.process(exchange, doneSync -> {
                if (exchange.getMessage().getBody() instanceof Webhook ofEachStatus) {
                    exchange.getMessage().setBody(decided(whole, ofEachStatus));
                }
                callback.done(doneSync);
            });
        }

        /** An interceptor is a step before each step; the model no longer knows of it when the split is made. */
        private static boolean isIntercepted(Exchange exchange) {
            return !ExchangeHelper.getRoute(exchange).getInterceptStrategies().isEmpty();
        }

        private static Webhook decided(Webhook whole, Webhook ofEachStatus) {
            Map<String, MailEvent> ofStatus = new HashMap<>();
            ofEachStatus.events().forEach(event -> ofStatus.put(event.status(), event));
            return whole.withEvents(whole.events().stream().map(event -> {
                MailEvent like = ofStatus.get(event.status());
                return like == null ? event : event.decided(like.kind(), like.audience());
            }).toList());
        }
    }
}
