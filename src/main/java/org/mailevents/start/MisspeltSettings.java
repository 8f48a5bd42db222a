package org.mailevents.start;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.settings.Settings;

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
    /** The largest {@link #distance} between a name and the name that was probably meant. */
    private static final int SIMILAR = 2;

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
        Stream<String> keys = inFiles.filter(key -> !Settings.isKnown(key))
                .filter(key -> OWN.matcher(key).lookingAt() || !OF_CAMEL.matcher(key).lookingAt() && !routes.contains(key)).sorted()
                .map(key -> key + " is not a setting of Mail Events. " + similar(key, Settings.known().stream())
                        .map(known -> "Did you mean " + known + "?").orElse("Is it misspelt?"));
        Set<String> variablesOfRoutes = ofRoutes.stream().map(Settings::variable).collect(Collectors.toSet());
        Stream<String> variables = environment.stream()
                .filter(name -> !Settings.isKnownVariable(name) && !variablesOfRoutes.contains(name)).sorted()
                .flatMap(name -> similar(name, Settings.known().stream().map(Settings::variable)).stream()
                        .map(known -> "The environment variable " + name
                                + " is not a setting of Mail Events. Did you mean " + known + "?"));
        return Stream.concat(keys, variables).toList();
    }

    private static Optional<String> similar(String name, Stream<String> known) {
        return known.filter(candidate -> distance(name, candidate) <= SIMILAR)
                .min(Comparator.comparingInt(candidate -> distance(name, candidate)));
    }

    /** The Levenshtein distance: how many letters must be added, removed or replaced to make one name the other. */
    static int distance(String one, String other) {
        int[] previous = new int[other.length() + 1];
        for (int j = 0; j < previous.length; j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] current = new int[previous.length];
            current[0] = i;
            for (int j = 1; j < current.length; j++) {
                int replaced = previous[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[other.length()];
    }

    private static String text(Path routes) throws IOException {
        StringBuilder text = new StringBuilder();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(routes, "*.camel.yaml")) {
            for (Path file : files) {
                text.append(Files.readString(file)).append('\n');
            }
        }
        return text.toString();
    }
}
