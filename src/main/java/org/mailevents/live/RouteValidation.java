package org.mailevents.live;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.ExpressionIllegalSyntaxException;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.LineNumberAware;
import org.apache.camel.StartupStep;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.startup.DefaultStartupStepRecorder;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RouteTests;
import org.mailevents.rehearsal.SecondContext;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteFlow;
import org.mailevents.route.RouteGraph;

/**
 * Validates route files in a second Camel context, which creates every route with all its steps and starts none of them. So no consumer
 * runs, and no port opens. After that, {@link Rehearsal} runs one event of each status, code and cause through the routes, and the tests in
 * {@code routes/tests/} ({@link RouteTests}).
 *
 * <p>Camel 4.18 cannot validate a route without adding it: its loader reports a wrong key, but an unknown endpoint option, bean, language
 * or setting shows only when the route is created. This class leans on two parts of Camel that are not a documented API: {@code
 * setStartupStepRecorder} tells which step was being created when the route failed, and {@code FailedToCreateRouteException} names the
 * route. Without it, a broken file stops a running route. It can go once Camel validates routes before it stops the old ones. Then the line
 * number of the wrong step must still be known.
 */
final class RouteValidation {

    private final CamelContext application;
    private final List<RouteDefinition> javaRoutes;

    /**
     * What is known of files without a mistake.
     *
     * @param routeIds  the ids of their routes
     * @param undecided the tests whose result depends on the answer of another system
     */
    record Valid(Set<String> routeIds, List<BrokenFile> undecided) {
    }

    /** @param javaRoutes the routes in Java, which the files may send to */
    RouteValidation(CamelContext application, List<RouteDefinition> javaRoutes) {
        this.application = application;
        this.javaRoutes = javaRoutes;
    }

    /**
     * Validates all files together.
     *
     * @param files the text of each file, by its path
     * @throws BrokenFile for the first mistake
     */
    Valid validate(Map<String, String> files) throws BrokenFile {
        Set<String> ids = load(files);
        try (Rehearsal rehearsal = new Rehearsal(application, files)) {
            rehearsal.requireEveryEventPasses();
            return new Valid(ids, new RouteTests(application).requirePassed(rehearsal, files));
        }
    }

    /**
     * Creates the routes of all files, and runs nothing.
     *
     * @param files the text of each file, by its path
     * @return the ids of their routes
     * @throws BrokenFile for the first mistake
     */
    Set<String> load(Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        for (Map.Entry<String, String> file : files.entrySet()) {
            if (file.getValue().lines().allMatch(line -> line.isBlank() || line.strip().startsWith("#"))) {
                throw new BrokenFile(file.getKey(), 0, "the file is empty");
            }
        }
        AddedRoutes added = new AddedRoutes();
        StepTracker steps = new StepTracker();
        try (DefaultCamelContext context = SecondContext.of(application, "validation")) {
            context.getCamelContextExtension().setStartupStepRecorder(steps);
            context.addModelLifecycleStrategy(added);
            added.routes.addAll(javaRoutes);
            RouteFiles.load(context, files);
            RouteGraph.check(added.routes, context.getRouteConfigurationDefinitions());
            try {
                context.start();
            } catch (Exception e) {
                throw broken(context, steps, e);
            }
            RouteFlow.check(added.routes);
            return context.getRouteDefinitions().stream().map(RouteDefinition::getRouteId).collect(Collectors.toSet());
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new BrokenFile(RouteFiles.reason(e));
        }
    }

    private static BrokenFile broken(DefaultCamelContext context, StepTracker steps, Exception e) {
        FailedToCreateRouteException creating = ObjectHelper.getException(FailedToCreateRouteException.class, e);
        FailedToStartRouteException starting = ObjectHelper.getException(FailedToStartRouteException.class, e);
        if (creating == null && starting == null) {
            return new BrokenFile(RouteFiles.reason(e));
        }
        RouteDefinition route = context.getRouteDefinition(creating != null ? creating.getRouteId() : starting.getRouteId());
        Throwable reason = creating != null ? creating.getCause() : starting.getCause();
        ProcessorDefinition<?> step = RouteGraph.steps(route).stream()
                .filter(candidate -> candidate.getId() != null && candidate.getId().equals(steps.begun.peek())).findFirst().orElse(route);
        return RouteGraph.broken(branch(step, reason), RouteFiles.reason(reason));
    }

    /** The branch whose condition cannot be parsed, if the step is a choice; otherwise the step. A choice may be long. */
    private static LineNumberAware branch(ProcessorDefinition<?> step, Throwable reason) {
        ExpressionIllegalSyntaxException syntax = ObjectHelper.getException(ExpressionIllegalSyntaxException.class, reason);
        return syntax == null || !(step instanceof ChoiceDefinition choice) ? step : choice.getWhenClauses().stream()
                .filter(when -> syntax.getExpression().equals(when.getExpression().getExpression()))
                .map(LineNumberAware.class::cast).findFirst().orElse(step);
    }

    /** Records every route that is added. The context itself keeps only the last route with the same id. */
    private static final class AddedRoutes extends ModelLifecycleStrategySupport {

        private final List<RouteDefinition> routes = new ArrayList<>();

        @Override
        public void onAddRouteDefinition(RouteDefinition route) {
            routes.add(route);
        }
    }

    /** Knows which step of a route is being created. If the creation fails, that step is at fault. */
    private static final class StepTracker extends DefaultStartupStepRecorder {

        private final Deque<String> begun = new ArrayDeque<>();

        @Override
        public StartupStep beginStep(Class<?> type, String name, String description) {
            begun.push(String.valueOf(name));
            return super.beginStep(type, name, description);
        }

        @Override
        public void endStep(StartupStep step) {
            begun.poll();
            super.endStep(step);
        }
    }
}
