package org.mailevents.start;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.route.RouteFiles;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.Settings;
import org.mailevents.settings.Spelling;

/**
 * Finds settings that probably have a misspelt name. Nothing reads such a setting, and the default would silently be used instead of it.
 *
 * <p>In a file, that is each name that is neither known nor Camel's nor mentioned in a route: a route may have settings of its own. The
 * environment holds many variables of other programs, so only a variable that resembles a known one is reported.
 */
final class MisspeltSettings {

    /** The beginnings of Mail Events' own settings. A route has no settings of its own that begin so. */
    private static final Pattern OWN = Pattern.compile("(webhook|console|database|store|retention|privacy|spool|alert|log)\\.");
    private static final Pattern OF_CAMEL = Pattern.compile("(camel|logging|jbang)\\.");
    /** A name as a route mentions it, for instance in <code>{{slack.url:none}}</code>. */
    private static final Pattern WORD = Pattern.compile("[\\w.-]+");

    private MisspeltSettings() {
    }

    /** A sentence for each setting that is probably misspelt. */
    static List<String> warnings(Settings settings) throws IOException {
        return warnings(settings.inFiles(), System.getenv().keySet(), text(settings.routes()));
    }

    /**
     * @param inFiles     the names of the settings in the files
     * @param environment the names of the environment variables
     * @param routes      the text of all routes
     */
    static List<String> warnings(Stream<String> inFiles, Set<String> environment, String routes) {
        Set<String> ofRoutes = WORD.matcher(routes).results().map(MatchResult::group).collect(Collectors.toSet());
        Stream<String> keys = inFiles.filter(key -> !KnownSettings.isKnown(key))
                .filter(key -> OWN.matcher(key).lookingAt() || !OF_CAMEL.matcher(key).lookingAt() && !routes.contains(key)).sorted()
                .map(key -> key + " is not a setting of Mail Events. " + Spelling.similar(key, KnownSettings.known().stream())
                        .map(known -> "Did you mean " + known + "?").orElse("Is it misspelt?"));
        Set<String> variablesOfRoutes = ofRoutes.stream().map(Settings::variable).collect(Collectors.toSet());
        Stream<String> variables = environment.stream()
                .filter(name -> !KnownSettings.isKnownVariable(name) && !variablesOfRoutes.contains(name)).sorted()
                .flatMap(name -> Spelling.similar(name, KnownSettings.knownVariables().stream()).stream()
                        .map(known -> "The environment variable " + name
                                + " is not a setting of Mail Events. Did you mean " + known + "?"));
        return Stream.concat(keys, variables).toList();
    }

    private static String text(Path routes) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path folder : List.of(routes, routes.resolve(RouteFiles.CHANNELS))) {
            if (Files.isDirectory(folder)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.camel.yaml")) {
                    for (Path file : files) {
                        text.append(Files.readString(file)).append('\n');
                    }
                }
            }
        }
        return text.toString();
    }
}
