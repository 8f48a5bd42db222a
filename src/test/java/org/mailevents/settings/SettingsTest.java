package org.mailevents.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    /** The names, their defaults and their descriptions. The kinds are in {@link Settings}. */
    private static final Path FILE = Path.of("application.properties");
    private static final Pattern KEY = Pattern.compile("#?([a-z][\\w.<>-]*) =(.*)");
    private static final Pattern ROW = Pattern.compile("\\| (`[a-z][^|]*`) \\|([^|]*)\\|(.*)\\|");

    /** The jar gets its dependencies from the pom, `camel run` from application.properties. */
    @Test
    void bothWaysRunTheSameVersions() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        for (String dependency : properties(Path.of("application.properties")).getProperty("camel.jbang.dependencies").split(",")) {
            if (!dependency.startsWith("camel:")) {
                String[] coordinates = dependency.split(":");
                Matcher matcher = Pattern.compile("<artifactId>" + coordinates[1] + "</artifactId>\\s*<version>\\$\\{(.+?)}</version>")
                        .matcher(pom);
                assertThat(matcher.find()).as(dependency).isTrue();
                assertThat(pom).contains("<" + matcher.group(1) + ">" + coordinates[2] + "</" + matcher.group(1) + ">");
            }
        }
    }

    /** Settings that the pages describe in one row. The file describes them above the first of them. */
    private record Row(List<String> keys, List<String> defaults, String description) {

        /** The cell of the table. It is empty if no setting of the row has a default. */
        String defaultCell() {
            return defaults.stream().allMatch(String::isEmpty) ? ""
                    : defaults.stream().map(value -> value.isEmpty() ? "empty" : "`" + value + "`").collect(Collectors.joining(", "));
        }
    }

    @Test
    void theFileHasEverySettingOfThisApplicationAndNoOtherButThoseOfCamel() throws IOException {
        Set<String> file = properties(FILE).stringPropertyNames();
        assertThat(file).containsAll(KnownSettings.known());
        assertThat(file).filteredOn(key -> !KnownSettings.known().contains(key)).allMatch(key -> key.startsWith("camel."));
    }

    @Test
    void theJarHasTheDefaultsOfTheFile() throws IOException {
        Properties packaged = new Properties();
        try (Reader reader = new InputStreamReader(Settings.class.getResourceAsStream("/application.properties"), StandardCharsets.UTF_8)) {
            packaged.load(reader);
        }
        assertThat(packaged).isEqualTo(properties(FILE));
    }

    @Test
    void everyDefaultIsOfItsKind() throws IOException {
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setInitialProperties(properties(FILE));
        assertThatCode(() -> KnownSettings.requireValid(new Settings(context))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/settings.md", "docs/ja/settings.md"})
    void thePageHasEverySettingWithItsDefault(Path page) throws IOException {
        Map<List<String>, String> defaults = rows(page).stream().collect(Collectors.toMap(Row::keys, row -> row.defaults().get(0)));
        assertThat(defaults).isEqualTo(described().stream().collect(Collectors.toMap(Row::keys, Row::defaultCell)));
    }

    @Test
    void thePageDescribesEverySettingInTheWordsOfTheFile() throws IOException {
        Map<List<String>, String> page = rows(Path.of("docs/settings.md")).stream().collect(Collectors.toMap(Row::keys, Row::description));
        assertThat(page).isEqualTo(described().stream().collect(Collectors.toMap(Row::keys, Row::description)));
    }

    /** The settings of the file as rows of the page. */
    private static List<Row> described() throws IOException {
        List<Row> rows = new ArrayList<>();
        StringBuilder comment = new StringBuilder();
        for (String line : Files.readAllLines(FILE)) {
            Matcher key = KEY.matcher(line);
            if (line.startsWith("# ") && !line.startsWith("# ---")) {
                comment.append(comment.isEmpty() ? "" : " ").append(line.substring(2));
            } else if (!key.matches()) {
                comment.setLength(0);
            } else if (KnownSettings.isKnown(key.group(1))) {
                Row row = comment.isEmpty() ? rows.remove(rows.size() - 1)
                        : new Row(List.of(), List.of(), comment.toString().replaceFirst("\\.$", ""));
                String value = ownDefault(key.group(1), key.group(2).strip());
                rows.add(new Row(append(row.keys(), key.group(1)), append(row.defaults(), value), row.description()));
                comment.setLength(0);
            } else {
                comment.setLength(0);
            }
        }
        return rows;
    }

    /** Camel reads some settings itself. For these the file names the environment variable that overrides the default. */
    private static String ownDefault(String key, String value) {
        String variable = "{{env:" + Settings.variable(key) + ":";
        assertThat(value.startsWith(variable)).as(key).isEqualTo(key.startsWith("camel."));
        return value.startsWith(variable) ? value.substring(variable.length(), value.length() - 2) : value;
    }

    private static List<String> append(List<String> list, String last) {
        return Stream.concat(list.stream(), Stream.of(last)).toList();
    }

    /** The rows of a page, without its links. */
    private static List<Row> rows(Path page) throws IOException {
        return Files.readAllLines(page).stream().map(ROW::matcher).filter(Matcher::matches)
                .map(row -> new Row(List.of(row.group(1).replace("`", "").split(", |、")),
                        List.of(row.group(2).strip().replace("、", ", ").replace("空", "empty")),
                        row.group(3).strip().replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1").replaceFirst("\\.$", "")))
                .filter(row -> KnownSettings.isKnown(row.keys().get(0))).toList();
    }

    @ParameterizedTest
    @CsvSource({"10 MB,10485760", "10MB,10485760", "10 mb,10485760", "1 KB,1024", "2GB,2147483648", "512,512", "512 B,512"})
    void sizes(String text, long bytes) {
        assertThat(settings("size", text).bytes("size")).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"10s,10000", "45m,2700000", "1h30m,5400000", "100ms,100"})
    void durations(String text, long milliseconds) {
        assertThat(settings("delay", text).duration("delay")).isEqualTo(Duration.ofMillis(milliseconds));
    }

    @ParameterizedTest
    @CsvSource({"5 %,5", "5%,5", "5,5", "0.05,5", "0.5 %,0.5", "12.5,12.5", "100 %,100"})
    void shares(String text, double percent) {
        assertThat(settings("rate", text).percent("rate")).isEqualTo(percent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"much", "-5", "101 %", "5 % or so"})
    void noShares(String text) {
        assertThatThrownBy(() -> settings("alert.rate", text).percent("alert.rate")).hasMessageContaining("alert.rate")
                .hasMessageContaining("5 %").hasMessageContaining(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5x", "1h 30m", "10 sec", "1,5s", "m", "-5s"})
    void noDurations(String text) {
        assertThatThrownBy(() -> settings("alert.quiet", text).duration("alert.quiet")).hasMessageContaining("alert.quiet")
                .hasMessageContaining("10s").hasMessageContaining(text);
    }

    @ParameterizedTest
    @CsvSource({"https://mail.example.com,https://mail.example.com", "http://127.0.0.1:8080/,http://127.0.0.1:8080",
        "https://example.com/mail/events/,https://example.com/mail/events", "http://[::1]:8080,http://[::1]:8080"})
    void webUrls(String text, String url) {
        assertThat(settings("console.url", text).webUrl("console.url")).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mail.example.com", "ftp://example.com", "https://", "https://example.com/?a=b", "https://example.com/#a",
        "https://u:p@example.com", "https://example.com/<b>"})
    void noWebUrls(String text) {
        assertThatThrownBy(() -> settings("console.url", text).webUrl("console.url")).hasMessageContaining("Set console.url to a URL")
                .hasMessageContaining(text);
    }

    @Test
    void aDurationNeedsItsUnit() {
        assertThatThrownBy(() -> settings("alert.quiet", "45").duration("alert.quiet"))
                .hasMessage("Set alert.quiet to a duration with its unit, such as 45m, 10s or 1h30m: '45' has no unit");
        assertThatThrownBy(() -> settings("alert.updates", "5m,15").growingDurations("alert.updates"))
                .hasMessage("Set alert.updates to a duration with its unit, such as 45m, 10s or 1h30m: '15' in '5m,15' has no unit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nocolon", "user:", "user:password,other"})
    void noPairsAndTheErrorShowsNoPassword(String text) {
        assertThatThrownBy(() -> settings("webhook.basic", text).userPasswordPairs("webhook.basic")).hasMessageContaining("webhook.basic")
                .hasMessageNotContaining("nocolon").hasMessageNotContaining("other");
    }

    @Test
    void severalDurations() {
        assertThat(settings("alert.updates", "5m, 15m,1h").growingDurations("alert.updates"))
                .containsExactly(Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofHours(1));
        assertThatThrownBy(() -> settings("alert.updates", "5m,soon").growingDurations("alert.updates"))
                .hasMessageContaining("alert.updates").hasMessageContaining("5m,soon");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1h,15m", "5m,15m,15m", "60m,1h", "5m,60m,30m"})
    void durationsThatDoNotGrow(String text) {
        assertThatThrownBy(() -> settings("alert.updates", text).growingDurations("alert.updates"))
                .hasMessage("Set alert.updates to durations of which each is longer than the one before it, such as 5m,15m,1h: '" + text
                        + "' does not grow");
    }

    @Test
    void listsAndZones() {
        assertThat(settings("list", " a, b ,,c").list("list")).containsExactly("a", "b", "c");
        assertThat(settings("list", "").list("list")).isEmpty();
        assertThat(settings("zone", "UTC").zone("zone")).isEqualTo(ZoneId.of("UTC"));
    }

    @ParameterizedTest
    @CsvSource({"'mon-fri 08:00-19:00',2026-10-02T08:00,true", "'mon-fri 08:00-19:00',2026-10-02T18:59,true",
        "'mon-fri 08:00-19:00',2026-10-02T19:00,false", "'mon-fri 08:00-19:00',2026-10-02T07:59,false",
        "'mon-fri 08:00-19:00',2026-10-03T12:00,false", "'Mon-Fri 08:00-12:00, sat 09:00-11:00',2026-10-03T10:00,true",
        "mon-sun,2026-10-04T00:00,true", "fri-mon,2026-10-04T23:59,true", "fri-mon,2026-10-06T10:00,false",
        "'sat 22:00-24:00',2026-10-03T23:59,true", "'',2026-10-04T03:00,true"})
    void hoursOfAWeek(String hours, LocalDateTime time, boolean included) {
        assertThat(settings("alert.hours", hours).hours("alert.hours").include(time.atZone(ZoneId.of("Asia/Tokyo")))).isEqualTo(included);
    }

    @ParameterizedTest
    @ValueSource(strings = {"always", "mon-fri 8-19", "mon-fri 19:00-08:00", "mon-fry", "mon 08:00-25:00", "mon 08:60-09:00", "mon, ,tue",
        "08:00-19:00"})
    void noHoursOfAWeek(String hours) {
        assertThatThrownBy(() -> settings("alert.hours", hours).hours("alert.hours")).hasMessageContaining("Set alert.hours to ")
                .hasMessageContaining("mon-fri 08:00-19:00").hasMessageContaining("'" + hours + "'");
    }

    @Test
    void aWrongValueIsNamedWithWhatWouldBeRight() {
        assertThatThrownBy(() -> settings("webhook.max-body", "ten").bytes("webhook.max-body")).hasMessageContaining("webhook.max-body")
                .hasMessageContaining("10 MB").hasMessageContaining("'ten'");
        assertThatThrownBy(() -> settings("alert.first-delay", "soon").duration("alert.first-delay"))
                .hasMessageContaining("alert.first-delay").hasMessageContaining("10s");
        assertThatThrownBy(() -> settings("webhook.time-zone", "Tokyo").zone("webhook.time-zone")).hasMessageContaining("webhook.time-zone")
                .hasMessageContaining("Asia/Tokyo");
        assertThatThrownBy(() -> settings("database.url", " ").required("database.url")).hasMessageContaining("database.url");
    }

    private static Settings settings(String key, String value) {
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().addInitialProperty(key, value);
        return new Settings(context);
    }

    private static Properties properties(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        return properties;
    }
}
