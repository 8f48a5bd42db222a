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
 * Makes a split decide once for each status instead of once for each event. This is possible only if all steps of the split do nothing but
 * set {@code kind} and {@code audience}, and depend on nothing but the status. An exchange for each event is half the work of a webhook. As
 * soon as a team adds any other step, Camel's normal split runs.
 */
final class OncePerStatus implements InterceptStrategy {

    private static final String STATUS = "${body.status}";
    /** The variables of a branch that are kept. A different variable may belong to the context, or its name may depend on the event. */
    private static final Set<String> DECISIONS = Set.of("kind", "audience");

    /** Private, because the Camel CLI makes an object of every class with a constructor without parameters that is not private. */
    private OncePerStatus() {
    }

    static void use(CamelContext context) {
        context.getCamelContextExtension().addInterceptStrategy(new OncePerStatus());
    }

    @Override
    public Processor wrapProcessorInInterceptors(CamelContext context, NamedNode definition, Processor target, Processor next) {
        return definition instanceof SplitDefinition split && onlyDecides(split) ? new SplitByStatus(target) : target;
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
        return step instanceof SetVariableDefinition variable && DECISIONS.contains(variable.getName())
                && dependsOnlyOnStatus(variable.getExpression())
                || step instanceof LogDefinition log && isSilent(log);
    }

    private static boolean onlyDecides(WhenDefinition when) {
        return dependsOnlyOnStatus(when.getExpression()) && onlyDecide(when.getOutputs());
    }

    private static boolean dependsOnlyOnStatus(ExpressionDefinition expression) {
        return "constant".equals(expression.getLanguage())
                || "simple".equals(expression.getLanguage()) && dependsOnlyOnStatus(expression.getExpression());
    }

    /** A placeholder of a setting, or a file, could contain any expression. */
    private static boolean dependsOnlyOnStatus(String simple) {
        String rest = simple.replace(STATUS, "");
        return !rest.contains("$") && !rest.contains("{{") && !rest.strip().startsWith("resource:");
    }

    /** A log step whose level is off, so that it writes no line. */
    private static boolean isSilent(LogDefinition log) {
        String level = String.valueOf(log.getLoggingLevel()).toUpperCase(Locale.ROOT);
        String name = log.getLogName() == null ? ProcessorDefinitionHelper.getRoute(log).getRouteId() : log.getLogName();
        return (level.equals("DEBUG") || level.equals("TRACE")) && !LoggerFactory.getLogger(name).isEnabledForLevel(Level.valueOf(level));
    }

    private static final class SplitByStatus extends DelegateAsyncProcessor {

        SplitByStatus(Processor split) {
            super(split);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            if (!(exchange.getMessage().getBody() instanceof Webhook whole) || isIntercepted(exchange)) {
                return super.process(exchange, callback);
            }
            Map<String, MailEvent> byStatus = new HashMap<>();
            whole.events().forEach(event -> byStatus.putIfAbsent(event.status(), event));
            exchange.getMessage().setBody(whole.withEvents(List.copyOf(byStatus.values())));
            return super.process(exchange, doneSync -> {
                if (exchange.getMessage().getBody() instanceof Webhook decidedStatuses) {
                    exchange.getMessage().setBody(withDecisions(whole, decidedStatuses));
                }
                callback.done(doneSync);
            });
        }

        /** An interceptor is a step before each step. When the split is made, the model no longer contains the interceptor. */
        private static boolean isIntercepted(Exchange exchange) {
            return !ExchangeHelper.getRoute(exchange).getInterceptStrategies().isEmpty();
        }

        private static Webhook withDecisions(Webhook whole, Webhook decidedStatuses) {
            Map<String, MailEvent> byStatus = new HashMap<>();
            decidedStatuses.events().forEach(event -> byStatus.put(event.status(), event));
            return whole.withEvents(whole.events().stream().map(event -> {
                MailEvent decided = byStatus.get(event.status());
                return decided == null ? event : event.decided(decided.kind(), decided.audience());
            }).toList());
        }
    }
}
