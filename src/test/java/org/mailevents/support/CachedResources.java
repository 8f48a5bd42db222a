package org.mailevents.support;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.impl.engine.DefaultClassResolver;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;

/**
 * Each start of Camel looks for hundreds of resources in every jar of the class path, most of them in vain. The tests start hundreds of applications
 * from one class path, so the JVM looks for each resource once. Half the CPU time of a start went into this search.
 */
final class CachedResources extends MainListenerSupport {

    private static final String CAMEL = "META-INF/services/org/apache/camel/";
    private static final Map<String, Optional<byte[]>> FOUND = new ConcurrentHashMap<>();

    @Override
    public void beforeInitialize(BaseMainSupport main) {
        main.getCamelContext().setClassResolver(new DefaultClassResolver(main.getCamelContext()) {
            @Override
            public InputStream loadResourceAsStream(String uri) {
                return uri.startsWith(CAMEL) ? FOUND.computeIfAbsent(uri, this::read).map(ByteArrayInputStream::new).orElse(null)
                        : super.loadResourceAsStream(uri);
            }

            private Optional<byte[]> read(String uri) {
                try (InputStream resource = super.loadResourceAsStream(uri)) {
                    return resource == null ? Optional.empty() : Optional.of(resource.readAllBytes());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }
}
