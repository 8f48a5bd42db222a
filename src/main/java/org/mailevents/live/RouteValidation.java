package org.mailevents.live;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.StartupStep;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.spi.Language;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.Registry;
import org.apache.camel.spi.RoutesLoader;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.LifecycleStrategySupport;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.startup.DefaultStartupStepRecorder;
import org.apache.camel.util.ObjectHelper;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Validates route files in a second Camel context, which creates every route with all its steps and starts none of them. So no consumer
 * runs, and no port opens. The second context reads the settings and beans of the application, and it does not change them.
 *
 * <p>Camel 4.18 cannot validate a route without adding it: its loader reports a wrong key, but an unknown endpoint option, bean, language
 * or setting shows only when the route is created. This class leans on four parts of Camel that are not a documented API: {@code
 * setStartupStepRecorder} tells which step was being created when the route failed, {@code onComponentAdd} copies the component options,
 * {@code BeanRepository} lends the beans, and {@code FailedToCreateRouteException} names the route. Without it, a broken file stops a
 * running route. It can go once Camel validates routes before it stops the old ones. Then the line number of the wrong step must still be
 * known.
 */
final class RouteValidation {

    private final CamelContext application;
    private final List<RouteDefinition> javaRoutes;

    /** @param javaRoutes the routes in Java, which the files may send to */
    RouteValidation(CamelContext application, List<RouteDefinition> javaRoutes) {
        this.application = application;
        this.javaRoutes = javaRoutes;
    }

    /**
     * Validates all files together.
     *
     * @param files the text of each file, by its path
     * @return the ids of their routes
     * @throws BrokenFile for the first mistake
     */
    Set<String> validate(Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        for (Map.Entry<String, String> file : files.entrySet()) {
            if (file.getValue().lines().allMatch(line -> line.isBlank() || line.strip().startsWith("#"))) {
                throw new BrokenFile(file.getKey(), 0, "the file is empty");
            }
        }
        AddedRoutes added = new AddedRoutes();
        StepTracker steps = new StepTracker();
        try (DefaultCamelContext context = new DefaultCamelContext(new DefaultRegistry(new LentBeans(application.getRegistry())))) {
            prepare(context);
            context.getCamelContextExtension().setStartupStepRecorder(steps);
            context.addModelLifecycleStrategy(added);
            added.routes.addAll(javaRoutes);
            load(context, files);
            RouteGraph.check(added.routes, context.getRouteConfigurationDefinitions());
            try {
                context.start();
            } catch (Exception e) {
                throw broken(context, steps, e);
            }
            return context.getRouteDefinitions().stream().map(RouteDefinition::getRouteId).collect(Collectors.toSet());
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new BrokenFile("routes", 0, reason(e));
        }
    }

    /** Adds the routes of the files to a context. The routeConfigurations come first, as at Camel's start. */
    static void load(CamelContext context, Map<String, String> files) throws BrokenFile {
        RoutesLoader loader = PluginHelper.getRoutesLoader(context);
        Map<String, RoutesBuilder> builders = new TreeMap<>();
        forEachFile(files, (file, text) -> loader.findRoutesBuilders(ResourceHelper.fromString("file:" + file, text))
                .forEach(builder -> builders.put(file, builder)));
        forEachFile(builders, (file, builder) -> context.addRoutesConfigurations((RouteConfigurationsBuilder) builder));
        forEachFile(builders, (file, builder) -> context.addRoutes(builder));
        forEachFile(builders, (file, builder) -> context.addTemplatedRoutes(builder));
    }

    private interface FileAction<T> {
        void run(String file, T content) throws Exception;
    }

    private static <T> void forEachFile(Map<String, T> files, FileAction<T> action) throws BrokenFile {
        for (Map.Entry<String, T> file : files.entrySet()) {
            try {
                action.run(file.getKey(), file.getValue());
            } catch (Exception e) {
                throw broken(file.getKey(), e);
            }
        }
    }

    private void prepare(DefaultCamelContext context) {
        context.getCamelContextExtension().setName("validation");
        context.setAutoStartup(false);
        context.disableJMX();
        context.setApplicationContextClassLoader(application.getApplicationContextClassLoader());
        context.getPropertiesComponent().addPropertiesSource(new PropertiesSource() {
            @Override
            public String getName() {
                return "application";
            }

            @Override
            public String getProperty(String name) {
                return application.getPropertiesComponent().resolveProperty(name).orElse(null);
            }
        });
        context.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onComponentAdd(String name, Component component) {
                String prefix = "camel.component." + name + ".";
                Map<String, Object> options = new HashMap<>();
                application.getPropertiesComponent().loadProperties(key -> key.startsWith(prefix))
                        .forEach((key, value) -> options.put(((String) key).substring(prefix.length()), value));
                PropertyBindingSupport.build().withIgnoreCase(true).bind(context, component, options);
            }
        });
    }

    private static BrokenFile broken(String file, Exception e) {
        MarkedYamlEngineException marked = ObjectHelper.getException(MarkedYamlEngineException.class, e);
        Optional<Mark> mark = marked == null ? Optional.empty() : marked.getProblemMark();
        return mark.map(at -> new BrokenFile(file, at.getLine() + 1, marked.getProblem()))
                .orElseGet(() -> new BrokenFile(file, 0, reason(e)));
    }

    private static BrokenFile broken(DefaultCamelContext context, StepTracker steps, Exception e) {
        FailedToCreateRouteException creating = ObjectHelper.getException(FailedToCreateRouteException.class, e);
        FailedToStartRouteException starting = ObjectHelper.getException(FailedToStartRouteException.class, e);
        if (creating == null && starting == null) {
            return new BrokenFile("routes", 0, reason(e));
        }
        RouteDefinition route = context.getRouteDefinition(creating != null ? creating.getRouteId() : starting.getRouteId());
        Throwable reason = creating != null ? creating.getCause() : starting.getCause();
        ProcessorDefinition<?> step = RouteGraph.steps(route).stream()
                .filter(candidate -> candidate.getId() != null && candidate.getId().equals(steps.begun.peek())).findFirst().orElse(route);
        return RouteGraph.broken(step, reason(reason));
    }

    /** The messages of the exception and of its root cause: the first says what could not be done, and the second says why. */
    private static String reason(Throwable first) {
        Throwable last = first;
        while (last.getCause() != null && last.getCause() != last) {
            last = last.getCause();
        }
        String what = text(first.getClass() == last.getClass() ? last : first);
        return what.contains(text(last)) ? what : what + ", because of " + text(last);
    }

    private static String text(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
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

    /** Lends the beans of the application, read only. A component or a language belongs to its context, so these two kinds are not lent. */
    private record LentBeans(Registry registry) implements BeanRepository {

        @Override
        public Object lookupByName(String name) {
            return lend(registry.lookupByName(name));
        }

        @Override
        public <T> T lookupByNameAndType(String name, Class<T> type) {
            return lend(registry.lookupByNameAndType(name, type));
        }

        @Override
        public <T> Map<String, T> findByTypeWithName(Class<T> type) {
            return registry.findByTypeWithName(type).entrySet().stream().filter(bean -> lend(bean.getValue()) != null)
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        }

        @Override
        public <T> Set<T> findByType(Class<T> type) {
            return registry.findByType(type).stream().filter(bean -> lend(bean) != null).collect(Collectors.toSet());
        }

        private static <T> T lend(T bean) {
            return bean instanceof Component || bean instanceof Language ? null : bean;
        }
    }
}
