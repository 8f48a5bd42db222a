package org.mailevents.settings;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.util.TimeUtils;

/**
 * The settings of {@code application.properties}. An environment variable overrides the file, as everywhere in Camel.
 *
 * <p>The file {@code application.properties} at the top of the project is the source of the name, the default and the description of each
 * setting. The build copies it into the jar, where it holds the defaults. {@link KnownSettings} adds the kind of each setting.
 *
 * <p>All methods that read a value throw an {@link IllegalArgumentException} if the value is not of the kind that they return. The message
 * names the setting and says which values work.
 */
public final class Settings {

    /** The audience of the events that a team mutes. They are stored, and no mail reports them. No setting can give it a recipient. */
    public static final String MUTED = "none";

    private static final String DURATION_FORMS = "a duration with its unit, such as 45m, 10s or 1h30m";
    private static final Pattern DURATION = Pattern.compile("(\\d+(ms|s|m|h|d)\\s*)+");
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,6})?)\\s*(%)?");
    private static final Pattern AUDIENCE = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern WEB_URL = Pattern.compile("https?://[A-Za-z0-9.\\[\\]:_-]+(?:/[A-Za-z0-9._~%/-]*)?");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}");
    private static final int MIN_KEY = 16;
    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,8})\\s*(B|KB|MB|GB)?");

    private static final Pattern NOT_IN_A_VARIABLE = Pattern.compile("[^A-Za-z0-9]");

    private final CamelContext context;

    public Settings(CamelContext context) {
        this.context = context;
    }

    /** The environment variable that overrides a setting: {@code ALERT_TO} for {@code alert.to}. */
    public static String variable(String key) {
        return NOT_IN_A_VARIABLE.matcher(key).replaceAll("_").toUpperCase(Locale.ROOT);
    }

    /** The value without surrounding spaces. It is empty if the setting is not set. */
    public String text(String key) {
        // A route can compute the name of an audience. With Camel's own signs in the name, a part of it would become a default value.
        return key.matches("[^:?{}]+") ? context.resolvePropertyPlaceholders("{{" + key + ":}}").trim() : "";
    }

    /** A value that must not be empty. */
    public String required(String key) {
        String value = text(key);
        if (value.isEmpty()) {
            throw new IllegalArgumentException("Set " + key + " in application.properties: it is empty");
        }
        return value;
    }

    /** A path of a URL, which begins with a slash. */
    public String urlPath(String key) {
        if (!required(key).startsWith("/")) {
            throw invalid(key, "a path that begins with /", null);
        }
        return text(key);
    }

    /** The URL of a web page, without a slash at its end, so that a path can follow. */
    public String webUrl(String key) {
        String url = required(key).replaceFirst("/+$", "");
        if (!WEB_URL.matcher(url).matches()) {
            throw invalid(key, "a URL such as https://mail-events.example.com, without ? and #", null);
        }
        return url;
    }

    /** A key that cannot be guessed. The error never shows the value. */
    public String secretKey(String key) {
        if (required(key).length() < MIN_KEY) {
            throw new IllegalArgumentException("Set " + key + " to a secret key of at least " + MIN_KEY
                    + " characters, for instance from `openssl rand -hex 32`, or leave it empty. The present key is too short.");
        }
        return text(key);
    }

    /** The comma-separated values, without empty ones. */
    public List<String> list(String key) {
        return Stream.of(text(key).split(",")).map(String::trim).filter(value -> !value.isEmpty()).toList();
    }

    /** Comma-separated pairs of {@code user:password}. The error never shows a value. */
    public List<String> userPasswordPairs(String key) {
        List<String> pairs = list(key);
        if (!pairs.stream().allMatch(pair -> pair.contains(":") && !pair.endsWith(":"))) {
            throw new IllegalArgumentException("Set " + key
                    + " to user:password pairs, separated by commas: one value has no colon or no password");
        }
        return pairs;
    }

    /** The name of an HTTP header (a token of RFC 9110, 5.6.2). */
    public String headerName(String key) {
        if (!HEADER.matcher(required(key)).matches()) {
            throw invalid(key, "the name of a header, such as X-Forwarded-User", null);
        }
        return text(key);
    }

    /** Comma-separated IP addresses and ranges of addresses, but not all addresses. */
    public List<AddressRange> addressRanges(String key) {
        return list(key).stream().map(text -> AddressRange.of(text).orElseThrow(() -> new IllegalArgumentException("Set " + key
                + " to IP addresses or ranges such as 192.0.2.7 or 10.1.0.0/16, separated by commas: '" + text + "' is not one"))).toList();
    }

    /** Whether a text can be the name of an audience, which is a part of a setting's name. */
    public static boolean isAudience(String text) {
        return AUDIENCE.matcher(text).matches();
    }

    /** The setting that names the recipients of an audience: {@code alert.to.<audience>} if it is set, otherwise {@code alert.to}. */
    public String recipientsSetting(String audience) {
        return ofAudience("alert.to", audience);
    }

    /** The setting of an audience, {@code <key>.<audience>}, if it is set. Otherwise the setting of all audiences. */
    public String ofAudience(String key, String audience) {
        String own = key + "." + audience;
        return text(own).isEmpty() ? key : own;
    }

    /** The time zone of the people who get alerts. */
    public ZoneId alertZone() {
        return zone(text("alert.time-zone").isEmpty() ? "webhook.time-zone" : "alert.time-zone");
    }

    /** Hours of a week; an empty value means always. */
    public WeeklyHours hours(String key) {
        return WeeklyHours.parse(text(key)).orElseThrow(() -> invalid(key, WeeklyHours.FORMS, null));
    }

    /** The name of an audience that gets mails. */
    public String audience(String key) {
        String audience = required(key);
        if (!isAudience(audience) || audience.equals(MUTED)) {
            throw invalid(key, "an audience that gets mails, such as postmaster", null);
        }
        return audience;
    }

    /** The folder that holds the routes. Camel's setting has a pattern of files. */
    public Path routes() {
        return Path.of(required("camel.main.routesIncludePattern").split(",")[0].replaceFirst("^file:", "")).getParent();
    }

    /** The settings {@code <key>.<audience>} that are not empty, from the files and from the environment. */
    public Set<String> audiences(String key) {
        String prefix = variable(key) + "_";
        Stream<String> environment = System.getenv().keySet().stream().filter(name -> name.startsWith(prefix))
                .map(name -> key + "." + name.substring(prefix.length()).toLowerCase(Locale.ROOT).replace('_', '-'));
        return Stream.concat(inFiles().filter(name -> name.startsWith(key + ".")), environment).filter(name -> !text(name).isEmpty())
                .collect(Collectors.toSet());
    }

    /**
     * The settings whose names begin so, without this beginning. In an environment variable, each underscore behind the beginning stands
     * for a dot.
     */
    public Map<String, String> withPrefix(String prefix) {
        Map<String, String> found = new TreeMap<>();
        inFiles().filter(key -> key.startsWith(prefix)).forEach(key -> found.put(key.substring(prefix.length()), text(key)));
        System.getenv().forEach((name, value) -> {
            if (name.startsWith(variable(prefix))) {
                found.put(name.substring(prefix.length()).toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        return found;
    }

    /** The names of all settings in the files that are not empty, whoever uses them. */
    public Stream<String> inFiles() {
        return context.getPropertiesComponent().loadProperties().stringPropertyNames().stream().filter(key -> !text(key).isEmpty());
    }

    /** A whole number from 1 to 999,999,999. */
    public int positive(String key) {
        String number = required(key);
        if (!number.matches("[1-9]\\d{0,8}")) {
            throw invalid(key, "a whole number from 1 to 999999999", null);
        }
        return Integer.parseInt(number);
    }

    /** A whole number from 0 to 99. */
    public int count(String key) {
        String number = required(key);
        if (!number.matches("\\d{1,2}")) {
            throw invalid(key, "a whole number from 0 to 99", null);
        }
        return Integer.parseInt(number);
    }

    /** A TCP port, from 0 to 65,535. */
    public int port(String key) {
        String port = required(key);
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            throw invalid(key, "a port such as 8080", null);
        }
        return Integer.parseInt(port);
    }

    /** A duration in Camel's form, such as {@code 10s}, {@code 45m} or {@code 1h30m}. */
    public Duration duration(String key) {
        return duration(key, required(key));
    }

    /** Comma-separated durations, at least one, and each longer than the one before it. */
    public List<Duration> growingDurations(String key) {
        List<String> texts = Stream.of(required(key).split(",")).map(String::trim).toList();
        if (texts.stream().anyMatch(text -> text.matches(".*\\s.*"))) { // Camel would add 5m 15m up
            throw invalid(key, "durations such as 5m, 15m, 1h, separated by commas", null);
        }
        List<Duration> durations = texts.stream().map(text -> duration(key, text)).toList();
        if (!durations.equals(List.copyOf(new TreeSet<>(durations)))) {
            throw new IllegalArgumentException("Set " + key + " to durations of which each is longer than the one before it, such as"
                    + " 5m,15m,1h: '" + text(key) + "' does not grow");
        }
        return durations;
    }

    private Duration duration(String key, String text) {
        if (text.matches("\\d+")) {
            String place = text.equals(text(key)) ? "" : " in '" + text(key) + "'";
            throw new IllegalArgumentException("Set " + key + " to " + DURATION_FORMS + ": '" + text + "'" + place + " has no unit");
        }
        if (!DURATION.matcher(text).matches()) {
            throw invalid(key, DURATION_FORMS, null);
        }
        try {
            return Duration.ofMillis(TimeUtils.toMilliSeconds(text));
        } catch (IllegalArgumentException e) {
            throw invalid(key, DURATION_FORMS, e);
        }
    }

    /** A share in percent, from 0 to 100. {@code 5 %}, {@code 5} and {@code 0.05} are the same share. */
    public double percent(String key) {
        Matcher percent = PERCENT.matcher(required(key));
        if (!percent.matches() || Double.parseDouble(percent.group(1)) > 100) {
            throw invalid(key, "a share such as 5 %", null);
        }
        double number = Double.parseDouble(percent.group(1));
        return percent.group(2) == null && number < 1 ? 100 * number : number;
    }

    /** A size in bytes, or the default if the setting is empty. */
    public long bytes(String key, long whenEmpty) {
        return text(key).isEmpty() ? whenEmpty : bytes(key);
    }

    /** A size in bytes. The unit is B, KB, MB or GB; 1 KB is 1,024 bytes. A number without a unit is bytes. */
    public long bytes(String key) {
        Matcher size = SIZE.matcher(required(key).toUpperCase(Locale.ROOT));
        if (!size.matches()) {
            throw invalid(key, "a size such as 10 MB or 1048576", null);
        }
        int power = size.group(2) == null ? 0 : List.of("B", "KB", "MB", "GB").indexOf(size.group(2));
        return Long.parseLong(size.group(1)) << 10 * power;
    }

    /** The URI of an endpoint of Camel, with a scheme that Camel knows. The error does not show the URI, which may have a password. */
    public String endpoint(String key) {
        String uri = required(key);
        String scheme = uri.substring(0, Math.max(0, uri.indexOf(':')));
        if (scheme.isEmpty() || context.getComponent(scheme, true, false) == null) {
            throw new IllegalArgumentException("Set " + key + " to an endpoint of Camel, such as smtp://mail.example.com:587 or"
                    + " file:data/outbox: '" + scheme + "' is not a scheme that Camel knows" + Spelling.similar(scheme,
                            Stream.of("smtp", "smtps", "file")).map(known -> ". Did you mean " + known + "?").orElse(""));
        }
        return uri;
    }

    /** A zone of the IANA time zone database, such as {@code Asia/Tokyo}. */
    public ZoneId zone(String key) {
        try {
            return ZoneId.of(required(key));
        } catch (DateTimeException e) {
            throw invalid(key, "a time zone such as Asia/Tokyo or UTC", e);
        }
    }

    /** The refusal of a value. It says which values work. */
    IllegalArgumentException invalid(String key, String expected, Exception cause) {
        return new IllegalArgumentException("Set " + key + " to " + expected + ": '" + text(key) + "' is not one", cause);
    }
}
