package org.mailevents.rehearsal;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SetVariableDefinition;
import org.apache.camel.model.SetVariablesDefinition;
import org.mailevents.route.RouteGraph;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.Settings;
import org.mailevents.settings.Spelling;

/**
 * Finds settings of audiences that nothing uses, such as {@code alert.to.list-onwer}. They are probably misspelt, and their audience's
 * alerts go to other recipients.
 */
public final class UnusedAudiences {

    /** The name under which {@code alert.language} has the language of {@code alert.fallback}. */
    private static final String FALLBACK = "fallback";

    /** These audiences get notices about Mail Events itself, unless a route gives them bounces. */
    private static final Set<String> OF_NOTICES = Set.of("operators", FALLBACK);
    /** Settings that do not matter for notices. The digest of the operators tells what was compared with the vendor, if something was. */
    private final Set<String> ofBounces;

    private final Set<String> routed = new HashSet<>();
    private final Set<String> known = new HashSet<>(MisspeltDecisions.SHIPPED);
    /** Whether a route computes an audience. Then only a name that resembles a known one is probably misspelt. */
    private boolean isComputed;

    private UnusedAudiences(Settings settings, Map<String, String> files, Collection<RouteDefinition> routes) {
        ofBounces = settings.text("vendor.api-key").isEmpty() ? Set.of("alert.digest", "alert.hours", "alert.channel")
                : Set.of("alert.hours", "alert.channel");
        known.add(FALLBACK);
        routed.add(settings.audience("alert.undecided"));
        known.addAll(RouteTests.audiences(files));
        routes.stream().filter(route -> RouteGraph.file(route) != null).flatMap(route -> RouteGraph.steps(route).stream())
                .flatMap(UnusedAudiences::variables).filter(set -> "audience".equals(set.getName())).forEach(set -> {
                    String audience = MisspeltDecisions.constant(set.getExpression());
                    if (audience == null) {
                        isComputed = true;
                    } else {
                        routed.add(audience);
                    }
                });
        known.addAll(routed);
    }

    /**
     * A sentence for each setting whose audience no route, no test and no other setting names.
     *
     * @param files  the text of each file of the routes and tests, by its path
     * @param routes the routes in these files
     */
    public static List<String> warnings(Settings settings, Map<String, String> files, Collection<RouteDefinition> routes) {
        UnusedAudiences audiences = new UnusedAudiences(settings, files, routes);
        return KnownSettings.OF_AUDIENCES.stream().flatMap(setting -> settings.audiences(setting).stream().sorted()
                .flatMap(key -> audiences.warning(setting, key.substring(setting.length() + 1)))).toList();
    }

    private Stream<String> warning(String setting, String audience) {
        if (ofBounces.contains(setting) && OF_NOTICES.contains(audience) && !routed.contains(audience) && !isComputed) {
            return Stream.of(setting + "." + audience + " is not used: no route gives bounces to the audience " + audience
                    + ". It gets only notices about Mail Events itself, which are mailed at once.");
        }
        // an environment variable does not say how the audience is written
        if (known.stream().anyMatch(name -> Settings.variable(name).equals(Settings.variable(audience)))) {
            return Stream.empty();
        }
        String unused = setting + "." + audience + " is not used: no route, no test and no other setting names the audience " + audience
                + ". ";
        return Spelling.similar(audience, known.stream().sorted())
                .map(meant -> Stream.of(unused + "Did you mean " + setting + "." + meant + "?"))
                .orElse(isComputed ? Stream.empty() : Stream.of(unused + "Is it misspelt?"));
    }

    private static Stream<SetVariableDefinition> variables(ProcessorDefinition<?> step) {
        return step instanceof SetVariableDefinition set ? Stream.of(set)
                : step instanceof SetVariablesDefinition sets ? sets.getVariables().stream() : Stream.empty();
    }
}
