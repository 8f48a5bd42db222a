package org.mailevents.route;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.component.bean.MethodNotFoundException;
import org.apache.camel.spi.RoutesLoader;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.settings.Spelling;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** Adds the routes of YAML files to a Camel context. */
public final class RouteFiles {

    /** The end of the name of a file with tests of the routes. */
    public static final String TEST_ENDING = ".test.yaml";
    /** The folder in {@code routes/} with the routes and the templates of the channels. */
    public static final String CHANNELS = "channels";

    private RouteFiles() {
    }

    /** Whether a file holds tests of the routes, and no routes. */
    public static boolean isTest(String file) {
        return file.endsWith(TEST_ENDING);
    }

    /**
     * Adds the routes of the files to a context. The routeConfigurations come first, as at Camel's start.
     *
     * @param files the text of each file, by its path; tests of routes are left out
     * @throws BrokenFile for the first file that cannot be read as routes
     */
    public static void load(CamelContext context, Map<String, String> files) throws BrokenFile {
        RoutesLoader loader = PluginHelper.getRoutesLoader(context);
        Map<String, RoutesBuilder> builders = new TreeMap<>();
        Map<String, String> routes = new TreeMap<>(files);
        routes.keySet().removeIf(RouteFiles::isTest);
        forEachFile(routes, (file, text) -> loader.findRoutesBuilders(ResourceHelper.fromString("file:" + file, text))
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

    private static BrokenFile broken(String file, Exception e) {
        MarkedYamlEngineException marked = ObjectHelper.getException(MarkedYamlEngineException.class, e);
        Optional<Mark> mark = marked == null ? Optional.empty() : marked.getProblemMark();
        return mark.map(at -> new BrokenFile(file, at.getLine() + 1, marked.getProblem()))
                .orElseGet(() -> new BrokenFile(file, 0, reason(e)));
    }

    /** The messages of the exception and of its root cause: the first says what could not be done, and the second says why. */
    public static String reason(Throwable first) {
        Throwable last = root(first);
        String what = text(first.getClass() == last.getClass() ? last : first);
        return what.contains(text(last)) ? what : what + ", because of " + text(last);
    }

    /** The last cause of an exception, or the exception itself. */
    public static Throwable root(Throwable exception) {
        Throwable root = exception;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }

    private static String text(Throwable cause) {
        if (cause instanceof MethodNotFoundException unknown && unknown.getBean() instanceof Record body) {
            return unknownName(body, unknown.getMethodName());
        }
        String name = cause.getClass().getSimpleName();
        // the message of an Error is often only the name of a class
        return cause.getMessage() == null ? name : (cause instanceof Error ? name + ": " : "") + cause.getMessage();
    }

    /** An expression such as {@code ${body.recipent}}. Camel's own message shows the whole exchange, and not what was meant. */
    private static String unknownName(Record body, String name) {
        Class<?> type = body.getClass();
        return type.getSimpleName() + " has no " + name + "." + Spelling.similar(name, Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && method.getParameterCount() == 0)
                .map(Method::getName).sorted())
                .map(meant -> " Did you mean " + meant + "?").orElse("");
    }
}
