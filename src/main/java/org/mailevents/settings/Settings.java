package org.mailevents.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.util.TimeUtils;

/**
 * The settings of {@code application.properties}, overridden by environment variables as Camel does it.
 * A value that cannot be used stops the start with an error that names the setting.
 */
public final class Settings {

    private static final Pattern DURATION = Pattern.compile("\\d+|(\\d+(ms|s|m|h|d)\\s*)+");
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,6})?)\\s*(%)?");
    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,8})\\s*(B|KB|MB|GB)?");

    /** Every setting that is ours; besides them there are alert.to.… and alert.language.… for each audience. */
    static final Set<String> KNOWN = Set.of("webhook.path", "webhook.api-key", "webhook.basic", "webhook.time-zone", "webhook.max-body", "webhook.max-in-flight",
            "console.basic", "database.url", "database.username", "database.password", "store.writers", "store.batch", "store.queue", "store.queue-size", "store.max-wait",
            "retention.days", "privacy.hash-recipients", "privacy.retention-days", "spool.directory", "spool.max-size", "spool.attempts",
            "alert.to", "alert.fallback", "alert.from", "alert.endpoint", "alert.language", "alert.first-delay", "alert.updates", "alert.quiet",
            "alert.max-per-hour", "alert.rate", "alert.silence", "log.format");

    /** How ours begin, which no route sets for itself, and those of Camel and its CLI. */
    private static final Pattern OURS = Pattern.compile("(webhook|console|database|store|retention|privacy|spool|alert|log)\\.");
    private static final Pattern CAMELS = Pattern.compile("(camel|logging|jbang)\\.");

    private final CamelContext context;

    public Settings(CamelContext context) {
        this.context = context;
    }

    /** The value without surrounding space; empty where it is not set. */
    public String text(String key) {
        // an audience can be any text, and with Camel's own signs in it a default, a recipient that nobody set
        return key.matches("[^:?{}]+") ? context.resolvePropertyPlaceholders("{{" + key + ":}}").trim() : "";
    }

    /** The comma-separated values, without empty ones. */
    public List<String> list(String key) {
        return Stream.of(text(key).split(",")).map(String::trim).filter(value -> !value.isEmpty()).toList();
    }

    /** The folder of the routes, which Camel gets as a pattern. */
    public Path routes() {
        return Path.of(required("camel.main.routesIncludePattern").split(",")[0].replaceFirst("^file:", "")).getParent();
    }

    /** The settings {@code <key>.<audience>}, in a file or in the environment. */
    public Set<String> audiences(String key) {
        String prefix = key.toUpperCase(Locale.ROOT).replace('.', '_') + "_";
        Stream<String> environment = System.getenv().keySet().stream().filter(name -> name.startsWith(prefix))
                .map(name -> key + "." + name.substring(prefix.length()).toLowerCase(Locale.ROOT).replace('_', '-'));
        return Stream.concat(startingWith(key + ".").stream(), environment.filter(found -> !text(found).isEmpty())).collect(Collectors.toSet());
    }

    /** The settings in a file whose names begin so and that are not empty. */
    private Set<String> startingWith(String prefix) {
        return context.getPropertiesComponent().loadProperties(key -> key.startsWith(prefix)).stringPropertyNames().stream()
                .filter(key -> !text(key).isEmpty()).collect(Collectors.toSet());
    }

    /** What a file sets and nobody reads: it is neither ours nor Camel's, and no route mentions it as a setting of a team's own. */
    public Set<String> unknown() {
        String routes = routesText();
        return startingWith("").stream().filter(key -> OURS.matcher(key).lookingAt() ? !KNOWN.contains(key) : !CAMELS.matcher(key).lookingAt() && !routes.contains(key))
                .filter(key -> !key.startsWith("alert.to.") && !key.startsWith("alert.language.")).collect(Collectors.toCollection(TreeSet::new));
    }

    private String routesText() {
        StringBuilder text = new StringBuilder();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(routes(), "*.camel.yaml")) {
            for (Path file : files) {
                text.append(Files.readString(file)).append('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** A number from 1 to 999,999,999. */
    public int positive(String key) {
        String number = required(key);
        if (!number.matches("[1-9]\\d{0,8}")) {
            throw invalid(key, "a number from 1 on", null);
        }
        return Integer.parseInt(number);
    }

    /** A TCP port. */
    public int port(String key) {
        String port = required(key);
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            throw invalid(key, "a port such as 8080", null);
        }
        return Integer.parseInt(port);
    }

    /** A value that must be there. */
    public String required(String key) {
        return Optional.of(text(key)).filter(value -> !value.isEmpty())
                .orElseThrow(() -> new IllegalArgumentException("Set " + key + " in application.properties: it is empty"));
    }

    /** A duration in Camel's form, for instance {@code 10s} or {@code 45m}; a bare number is milliseconds. */
    public Duration duration(String key) {
        return duration(key, required(key));
    }

    /** Durations, comma-separated, at least one. */
    public List<Duration> durations(String key) {
        return Stream.of(required(key).split(",")).map(text -> duration(key, text.trim())).toList();
    }

    private Duration duration(String key, String text) {
        if (!DURATION.matcher(text).matches()) {
            throw invalid(key, "a duration such as 10s or 5m", null);
        }
        try {
            return Duration.ofMillis(TimeUtils.toMilliSeconds(text));
        } catch (IllegalArgumentException e) {
            throw invalid(key, "a duration such as 10s or 5m", e);
        }
    }

    /** A share in percent: {@code 5 %}, also written {@code 5} or {@code 0.05}. */
    public double percent(String key) {
        Matcher percent = PERCENT.matcher(required(key));
        if (!percent.matches() || Double.parseDouble(percent.group(1)) > 100) {
            throw invalid(key, "a share such as 5 %", null);
        }
        double number = Double.parseDouble(percent.group(1));
        return percent.group(2) == null && number < 1 ? 100 * number : number;
    }

    /** The same, where the setting may be empty. */
    public long bytes(String key, long whenEmpty) {
        return text(key).isEmpty() ? whenEmpty : bytes(key);
    }

    /** A size in bytes: a number, with B, KB, MB or GB behind it (1 KB is 1,024 bytes). */
    public long bytes(String key) {
        Matcher size = SIZE.matcher(required(key).toUpperCase(Locale.ROOT));
        if (!size.matches()) {
            throw invalid(key, "a size such as 10 MB or 1048576", null);
        }
        int power = size.group(2) == null ? 0 : List.of("B", "KB", "MB", "GB").indexOf(size.group(2));
        return Long.parseLong(size.group(1)) << 10 * power;
    }

    /** A zone of the IANA database, for instance {@code Asia/Tokyo}. */
    public ZoneId zone(String key) {
        try {
            return ZoneId.of(required(key));
        } catch (DateTimeException e) {
            throw invalid(key, "a time zone such as Asia/Tokyo or UTC", e);
        }
    }

    private IllegalArgumentException invalid(String key, String expected, Exception cause) {
        return new IllegalArgumentException("Set " + key + " to " + expected + ": '" + text(key) + "' is none", cause);
    }
}
