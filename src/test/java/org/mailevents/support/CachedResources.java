package org.mailevents.support;

import java.io.InputStream;
import java.net.URL;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultClassResolver;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;

/**
 * Each Camel context looks for hundreds of resources in every jar of the class path, most of them in vain. The tests make hundreds of
 * contexts from one class path, so the JVM looks for each resource once. Without this class, the search took half the CPU time of a start.
 */
final class CachedResources extends ClassLoader {

    static final CachedResources LOADER = new CachedResources();

    private static final String CAMEL = "META-INF/services/org/apache/camel/";

    private final Map<String, Optional<URL>> found = new ConcurrentHashMap<>();

    private CachedResources() {
        super(CachedResources.class.getClassLoader());
    }

    @Override
    public URL getResource(String name) {
        return name.startsWith(CAMEL) ? found.computeIfAbsent(name, wanted -> Optional.ofNullable(super.getResource(wanted))).orElse(null)
                : super.getResource(name);
    }

    /** Makes the application use the resources that were found before, also in the contexts in which it validates its routes. */
    static final class Use extends MainListenerSupport {

        @Override
        public void beforeInitialize(BaseMainSupport main) {
            CamelContext context = main.getCamelContext();
            context.setApplicationContextClassLoader(LOADER);
            context.setClassResolver(new DefaultClassResolver(context) {
                @Override
                public InputStream loadResourceAsStream(String uri) {
                    return uri.startsWith(CAMEL) ? LOADER.getResourceAsStream(uri) : super.loadResourceAsStream(uri);
                }
            });
        }
    }
}
