package org.mailevents.camel;

import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.LineNumberAware;
import org.apache.camel.Route;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.WhenDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.processor.ChoiceProcessor;
import org.apache.camel.processor.FilterProcessor;
import org.apache.camel.processor.errorhandler.DefaultExceptionPolicyStrategy;
import org.apache.camel.processor.errorhandler.ExceptionPolicyKey;
import org.apache.camel.support.ExchangeHelper;
import org.mailevents.log.FailureLog;
import org.mailevents.log.FailureText;

/**
 * Notes in which line of a YAML file a step failed, so that the log can name it. Camel asks an {@link ExceptionPolicyStrategy} which
 * {@code onException} handles a failure, just after the step failed. So only an exchange that fails pays for this.
 *
 * <p>Why: in Camel 4.18.0, an exchange knows its present step only while that step runs ({@code NodeHistoryAdvice}), and within {@code
 * onException} it knows only the steps of {@code onException}. Camel's message history knows the failed step afterwards, but it costs time
 * at every step. Without this class, the log names the route and no line. The class leans on {@code getHistoryNodeId}, and on the moment at
 * which {@code RedeliveryErrorHandler} asks for the policy. It can go once an exchange property names the step that failed, as {@link
 * Exchange#FAILURE_ROUTE_ID} names the route.
 */
public final class FailedSteps extends DefaultExceptionPolicyStrategy {

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private FailedSteps() {
    }

    /** Applies to all routes that are created from now on. */
    public static void use(CamelContext context) {
        context.getRegistry().bind("failedSteps", new FailedSteps());
    }

    @Override
    public ExceptionPolicyKey getExceptionPolicy(Set<ExceptionPolicyKey> policies, Exchange exchange, Throwable failure) {
        String place = place(exchange);
        String server = FailureText.server(exchange.getProperty(Exchange.TO_ENDPOINT, "", String.class), failure);
        exchange.setProperty(FailureLog.PLACE, place == null || server.isEmpty() ? place : place + " (" + server + ")");
        return super.getExceptionPolicy(policies, exchange, failure);
    }

    /** The file and the line; null if the step is not in a YAML file, for instance if a Java route failed that the step called. */
    private static String place(Exchange exchange) {
        ProcessorDefinition<?> step = step(exchange, exchange.getExchangeExtension().getHistoryNodeId());
        if (step == null || YamlPlace.file(step) == null) {
            return null;
        }
        return YamlPlace.file(step) + ":" + YamlPlace.line(branch(step, exchange));
    }

    private static ProcessorDefinition<?> step(Exchange exchange, String id) {
        Route route = ExchangeHelper.getRoute(exchange);
        RouteDefinition definition = id == null || route == null ? null
                : ((ModelCamelContext) exchange.getContext()).getRouteDefinition(route.getRouteId());
        return definition == null ? null
                : ProcessorDefinitionHelper.filterTypeInOutputs(definition.getOutputs(), ProcessorDefinition.class).stream()
                        .filter(step -> id.equals(step.getId())).findFirst().orElse(null);
    }

    /**
     * The branch whose condition fails, if the step that failed is a choice; otherwise the step. Camel's history knows only the choice
     * itself, and a choice may be long. So the conditions are evaluated a second time, up to the first one that may call another system.
     */
    public static LineNumberAware branch(ProcessorDefinition<?> step, Exchange exchange) {
        if (!(step instanceof ChoiceDefinition choice)) {
            return step;
        }
        List<FilterProcessor> conditions = exchange.getContext().getProcessor(choice.getId()) instanceof ChoiceProcessor processor
                ? processor.getFilters() : List.of();
        List<WhenDefinition> branches = choice.getWhenClauses();
        if (conditions.size() == branches.size()) { // fewer if a branch is disabled
            Exchange copy = exchange.copy();
            copy.setException(null);
            for (int i = 0; i < conditions.size() && mayRepeat(branches.get(i).getExpression()); i++) {
                if (fails(conditions.get(i), copy)) {
                    return branches.get(i);
                }
            }
        }
        return choice;
    }

    private static boolean mayRepeat(ExpressionDefinition condition) {
        return condition.getLanguage().equals("simple") && !condition.getExpression().contains("bean:");
    }

    private static boolean fails(FilterProcessor condition, Exchange exchange) {
        try {
            condition.getPredicate().matches(exchange);
            return exchange.getException() != null;
        } catch (RuntimeException e) {
            return true;
        }
    }
}
