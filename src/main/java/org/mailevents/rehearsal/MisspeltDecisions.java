package org.mailevents.rehearsal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RemoveVariableDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SetVariableDefinition;
import org.apache.camel.model.SetVariablesDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.mailevents.route.RouteGraph;
import org.mailevents.route.RouteWarning;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.Settings;
import org.mailevents.settings.Spelling;

/**
 * Finds decisions in the YAML routes that are probably misspelt: an audience that nobody has set up, and a variable whose name is nearly
 * {@code audience} or {@code kind}. Only a warning can result, because a team may give a new audience or a variable any name.
 */
public final class MisspeltDecisions {

    /** The audiences of the shipped routes, and of the mails about Mail Events itself. */
    static final Set<String> SHIPPED = Set.of("list-owner", "postmaster", "operators");

    private final Settings settings;
    private final Collection<String> texts;
    private final Set<String> known = new HashSet<>(SHIPPED);

    /**
     * @param files the text of each file of the routes, by its path; with a test that expects it, a team introduces an audience, and with a
     *              step that reads it, a variable
     */
    public MisspeltDecisions(Settings settings, Map<String, String> files) {
        this.settings = settings;
        this.texts = files.values();
        known.addAll(RouteTests.audiences(files));
        known.add(Settings.MUTED);
        known.add(settings.audience("alert.undecided"));
        for (String setting : KnownSettings.OF_AUDIENCES) {
            settings.audiences(setting).forEach(name -> known.add(name.substring(setting.length() + 1)));
        }
    }

    /** A warning for each decision that is probably misspelt. */
    public List<RouteWarning> in(Collection<RouteDefinition> routes) {
        List<RouteWarning> warnings = new ArrayList<>();
        for (RouteDefinition route : routes) {
            if (RouteGraph.file(route) != null) {
                for (ProcessorDefinition<?> step : RouteGraph.steps(route)) {
                    texts(step).forEach(text -> warnings.add(new RouteWarning(RouteGraph.file(route), step.getLineNumber(), text)));
                }
            }
        }
        return warnings;
    }

    private Stream<String> texts(ProcessorDefinition<?> step) {
        if (step instanceof SetVariableDefinition set) {
            return text(set);
        }
        if (step instanceof SetVariablesDefinition sets) {
            return sets.getVariables().stream().flatMap(this::text);
        }
        return step instanceof RemoveVariableDefinition remove && "audience".equals(remove.getName())
                ? Stream.of("a bounce without an audience goes to alert.undecided. To mute bounces, set the variable audience to none")
                : Stream.empty();
    }

    private Stream<String> text(SetVariableDefinition set) {
        String name = String.valueOf(set.getName());
        if (name.equals("audience")) {
            String audience = constant(set.getExpression());
            return audience == null || isKnown(audience) ? Stream.empty() : Stream.of(unknownAudience(audience));
        }
        return name.equals("kind") || isRead(name) ? Stream.empty()
                : Spelling.similar(name.toLowerCase(Locale.ROOT), Stream.of("audience", "kind"))
                        .filter(meant -> !isOtherWord(name, meant))
                        .map(meant -> "nothing reads the variable " + name + ". Did you mean " + meant + "?").stream();
    }

    /** Whether a file reads the variable, for instance as {@code ${variable.x}}, {@code ${variableAs(x,String)}} or {@code variable: x}. */
    private boolean isRead(String name) {
        Pattern read = Pattern.compile("\\bvariable\\w*\\W+(?:expression\\W+)?" + Pattern.quote(name) + "\\b");
        return texts.stream().anyMatch(text -> read.matcher(text).find());
    }

    /** A replaced letter makes another word of a short one: find, mind and king are not misspelt. */
    private static boolean isOtherWord(String name, String meant) {
        return meant.length() == 4 && name.length() == 4 && !sorted(name.toLowerCase(Locale.ROOT)).equals(sorted(meant));
    }

    private static String sorted(String word) {
        return word.chars().sorted().mapToObj(Character::toString).collect(Collectors.joining());
    }

    /** The text of an expression that computes nothing, or null. */
    static String constant(ExpressionDefinition expression) {
        String text = String.valueOf(expression.getExpression()).strip();
        boolean computes = text.contains("${") || text.contains("$simple{") || text.contains("{{");
        return computes || !Set.of("constant", "simple").contains(expression.getLanguage()) ? null : text;
    }

    private boolean isKnown(String audience) {
        // An environment variable such as ALERT_TO_SALES_TEAM does not say how the audience is written, so the settings are asked.
        return known.contains(audience)
                || KnownSettings.OF_AUDIENCES.stream().anyMatch(setting -> !settings.text(setting + "." + audience).isEmpty());
    }

    private String unknownAudience(String audience) {
        String unknown = "no setting knows the audience " + audience + ", so its alerts go to alert.to. ";
        return unknown + Spelling.similar(audience, known.stream().sorted()).map(meant -> "Did you mean " + meant + "?")
                .orElse("If it is new, set alert.to." + audience + " in application.properties");
    }
}
