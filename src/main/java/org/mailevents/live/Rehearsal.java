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
 * Tries out route files in a Camel context of its own, which makes every route with all its steps and starts none: no consumer runs
 * and no port opens. It sees the settings and beans of the application, and leaves them as they are.
 */
final class Rehearsal {

    private final CamelContext application;
    private final List<RouteDefinition> javaRoutes;

    /** @param javaRoutes what the files may send to */
    Rehearsal(CamelContext application, List<RouteDefinition> javaRoutes) {
        this.application = application;
        this.javaRoutes = javaRoutes;
    }

    /**
     * @param files the text of each file by its path
     * @return the ids of their routes
     * @throws BrokenFile the first mistake
     */
    Set<String> check(Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        for (Map.Entry<String, String> file : files.entrySet()) {
            if (file.getValue().lines().allMatch(line -> line.isBlank() || line.strip().startsWith("#"))) {
                throw new BrokenFile(file.getKey(), 0, "it is empty");
            }
        }
        Added added = new Added();
        Steps steps = new Steps();
        try (DefaultCamelContext context = new DefaultCamelContext(new DefaultRegistry(new Borrowed(application.getRegistry())))) {
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

    /** Adds the routes of these files to a context, the routeConfigurations first, as Camel does at start. */
    static void load(CamelContext context, Map<String, String> files) throws BrokenFile {
        RoutesLoader loader = PluginHelper.getRoutesLoader(context);
        Map<String, RoutesBuilder> builders = new TreeMap<>();
        each(files, (file, text) -> loader.findRoutesBuilders(ResourceHelper.fromString("file:" + file, text))
                .forEach(builder -> builders.put(file, builder)));
        each(builders, (file, builder) -> context.addRoutesConfigurations((RouteConfigurationsBuilder) builder));
        each(builders, (file, builder) -> context.addRoutes(builder));
        each(builders, (file, builder) -> context.addTemplatedRoutes(builder));
    }

    private interface Step<T> {
        void take(String file, T with) throws Exception;
    }

    private static <T> void each(Map<String, T> files, Step<T> step) throws BrokenFile {
        for (Map.Entry<String, T> file : files.entrySet()) {
            try {
                step.take(file.getKey(), file.getValue());
            } catch (Exception e) {
                throw broken(file.getKey(), e);
            }
        }
    }

    private void prepare(DefaultCamelContext context) {
        context.getCamelContextExtension().setName("rehearsal");
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
        return mark.map(at -> new BrokenFile(file, at.getLine() + 1, marked.getProblem())).orElseGet(() -> new BrokenFile(file, 0, reason(e)));
    }

    private static BrokenFile broken(DefaultCamelContext context, Steps steps, Exception e) {
        FailedToCreateRouteException creating = ObjectHelper.getException(FailedToCreateRouteException.class, e);
        FailedToStartRouteException starting = ObjectHelper.getException(FailedToStartRouteException.class, e);
        if (creating == null && starting == null) {
            return new BrokenFile("routes", 0, reason(e));
        }
        RouteDefinition route = context.getRouteDefinition(creating != null ? creating.getRouteId() : starting.getRouteId());
        Throwable reason = creating != null ? creating.getCause() : starting.getCause();
        ProcessorDefinition<?> step = RouteGraph.steps(route).stream().filter(one -> one.getId() != null && one.getId().equals(steps.begun.peek()))
                .findFirst().orElse(route);
        return RouteGraph.broken(step, reason(reason));
    }

    /** What the first and the last of the causes say: the first what could not be done, the last why. */
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

    /** Every route that is added: a second one of the same id replaces the first. */
    private static final class Added extends ModelLifecycleStrategySupport {

        private final List<RouteDefinition> routes = new ArrayList<>();

        @Override
        public void onAddRouteDefinition(RouteDefinition route) {
            routes.add(route);
        }
    }

    /** Knows which step of a route is being made: the one that fails. */
    private static final class Steps extends DefaultStartupStepRecorder {

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

    /** What the application has bound, to look up and nothing else. A component or a language belongs to its context and cannot be lent. */
    private record Borrowed(Registry registry) implements BeanRepository {

        @Override
        public Object lookupByName(String name) {
            return lent(registry.lookupByName(name));
        }

        @Override
        public <T> T lookupByNameAndType(String name, Class<T> type) {
            return lent(registry.lookupByNameAndType(name, type));
        }

        @Override
        public <T> Map<String, T> findByTypeWithName(Class<T> type) {
            return registry.findByTypeWithName(type).entrySet().stream().filter(bean -> lent(bean.getValue()) != null)
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        }

        @Override
        public <T> Set<T> findByType(Class<T> type) {
            return registry.findByType(type).stream().filter(bean -> lent(bean) != null).collect(Collectors.toSet());
        }

        private static <T> T lent(T bean) {
            return bean instanceof Component || bean instanceof Language ? null : bean;
        }
    }
}
