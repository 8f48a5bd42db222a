package org.mailevents.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.mailevents.alert.AlertCheck;
import org.mailevents.live.RouteCheck;
import org.mailevents.reconcile.VendorSettings;
import org.mailevents.route.BrokenFile;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.Settings;

/**
 * The command {@code check}: looks for all mistakes for which a start would be refused, in the settings, the routes, their tests, the
 * templates and the causes. It opens no port and no database, and sends nothing.
 */
public final class Check {

    private static final Pattern SETTING = Pattern.compile("Set ([\\w.-]+) ");

    private final CamelContext context;
    private final Settings settings;
    private final Path properties;

    /**
     * @param context    has the settings, and neither routes nor beans
     * @param properties the file of the settings, which need not exist
     */
    public Check(CamelContext context, Path properties) {
        this.context = context;
        this.settings = new Settings(context);
        this.properties = properties;
    }

    /**
     * What was found.
     *
     * @param lines one line for each mistake and warning, and a last line with the sum
     */
    public record Report(List<String> lines, boolean passed) {
    }

    /** Checks everything. */
    public Report run() throws IOException {
        Set<String> refused = new LinkedHashSet<>(KnownSettings.mistakes(settings));
        List<String> files = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        String sum = "";
        try {
            Wiring.bindForCheck(context);
            RouteCheck.Result routes = RouteCheck.of(context, JavaRoutes.standIns(), settings.routes());
            routes.mistakes().forEach(file -> files.add(file.getMessage()));
            routes.warnings().forEach(warning -> warnings.add("warning: " + warning));
            sum = count(routes.routes(), "file", "files") + " of routes, " + count(routes.tests(), "test", "tests") + ", ";
        } catch (IllegalArgumentException e) {
            refused.add(e.getMessage()); // without this setting, the routes cannot be checked
        } catch (BrokenFile e) {
            files.add(e.getMessage()); // the causes decide which branch a bounce takes
        }
        try {
            VendorSettings.of(settings);
        } catch (IllegalArgumentException e) {
            refused.add(e.getMessage());
        }
        AlertCheck.Result alerts = AlertCheck.of(context);
        refused.addAll(alerts.settings());
        alerts.mistakes().stream().map(BrokenFile::getMessage).filter(mistake -> !files.contains(mistake)).forEach(files::add);
        MisspeltSettings.warnings(settings).forEach(warning -> warnings.add("warning: " + warning));
        alerts.warnings().forEach(warning -> warnings.add("warning: " + warning));

        List<String> lines = new ArrayList<>();
        for (String message : refused) {
            lines.add(place(message) + message);
        }
        lines.addAll(files);
        int mistakes = lines.size();
        lines.addAll(warnings);
        lines.add("Checked the settings, " + sum + "and " + count(alerts.templates(), "file", "files") + " of templates: "
                + (mistakes == 0 ? "no mistake." : count(mistakes, "mistake", "mistakes") + "."));
        return new Report(lines, mistakes == 0);
    }

    private static String count(int number, String one, String many) {
        return number + " " + (number == 1 ? one : many);
    }

    /** Where the setting that a message names is set: the environment overrides the file. */
    private String place(String message) throws IOException {
        Matcher setting = SETTING.matcher(message);
        if (!setting.lookingAt()) {
            return "";
        }
        String variable = Settings.variable(setting.group(1));
        if (System.getenv(variable) != null) {
            return "the environment variable " + variable + ": ";
        }
        List<String> lines = Files.exists(properties) ? Files.readAllLines(properties) : List.of();
        Pattern line = Pattern.compile("\\s*" + Pattern.quote(setting.group(1)) + "\\s*[=: ].*");
        for (int i = lines.size(); i > 0; i--) {
            if (line.matcher(lines.get(i - 1)).matches()) {
                return properties + ":" + i + ": ";
            }
        }
        return Files.exists(properties) ? properties + ": " : "";
    }
}
