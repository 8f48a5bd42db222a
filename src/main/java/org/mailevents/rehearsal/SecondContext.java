package org.mailevents.rehearsal;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.spi.CliConnectorFactory;
import org.apache.camel.spi.Language;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.LifecycleStrategySupport;
import org.apache.camel.support.PropertyBindingSupport;

/**
 * Makes a second Camel context for route files that are not active. It reads the settings and beans of the application, and it does not
 * change them. It starts no route by itself.
 *
 * <p>This class leans on two parts of Camel: {@code onComponentAdd} copies the component options, and {@code BeanRepository} lends the
 * beans. Without it, a route that is validated would not see the settings and beans of the application.
 */
public final class SecondContext {

    private SecondContext() {
    }

    /**
     * @param application the context of the application, or of a command
     * @param name        the name of the second context in the log
     */
    public static DefaultCamelContext of(CamelContext application, String name) {
        DefaultCamelContext context = new DefaultCamelContext(new DefaultRegistry(new LentBeans(application.getRegistry())));
        context.getCamelContextExtension().setName(name);
        context.setAutoStartup(false);
        context.disableJMX();
        // a step that never ends must not delay its end; Camel's own limit is 45 seconds
        context.getShutdownStrategy().setTimeout(1);
        context.getShutdownStrategy().setSuppressLoggingOnTimeout(true);
        context.setApplicationContextClassLoader(application.getApplicationContextClassLoader());
        leaveTheCli(context);
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
        return context;
    }

    /**
     * With {@code camel run}, each context would connect itself to the CLI. The connection ends with its context, and then the CLI stops
     * the process, as after {@code camel stop}.
     */
    private static void leaveTheCli(DefaultCamelContext context) {
        CliConnectorFactory connections = context.getCamelContextExtension().getContextPlugin(CliConnectorFactory.class);
        if (connections != null) {
            connections.setEnabled(false);
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
