package org.mailevents.support;

import java.io.InputStream;
import java.net.URL;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultClassResolver;
import org.apache.camel.spi.CamelContextTracker;
import org.apache.camel.support.PluginHelper;

/**
 * Each Camel context looks for hundreds of resources in every jar of the class path, most of them in vain. The tests make hundreds of
 * contexts from one class path, so the JVM looks for each resource once. Without this class, the search took half the CPU time of a start.
 */
final class CachedResources extends ClassLoader {

    static final CachedResources LOADER = new CachedResources();

    private static final String CAMEL = "META-INF/services/org/apache/camel/";

    private final Map<String, Optional<URL>> found = new ConcurrentHashMap<>();

    static {
        new Use().open();
    }

    private CachedResources() {
        super(CachedResources.class.getClassLoader());
    }

    @Override
    public URL getResource(String name) {
        return name.startsWith(CAMEL) ? found.computeIfAbsent(name, wanted -> Optional.ofNullable(super.getResource(wanted))).orElse(null)
                : super.getResource(name);
    }

    /** Makes each context use the resources that were found before, also the contexts in which an application validates its routes. */
    private static final class Use extends CamelContextTracker {

        @Override
        public void contextCreated(CamelContext context) {
            context.setApplicationContextClassLoader(LOADER);
            context.setClassResolver(new DefaultClassResolver(context) {
                @Override
                public InputStream loadResourceAsStream(String uri) {
                    return uri.startsWith(CAMEL) ? LOADER.getResourceAsStream(uri) : super.loadResourceAsStream(uri);
                }
            });
            // The context has already made this finder, with the class resolver that was replaced.
            context.getCamelContextExtension().setBootstrapFactoryFinder(
                    PluginHelper.getFactoryFinderResolver(context).resolveBootstrapFactoryFinder(context.getClassResolver()));
        }
    }
}
