package org.mailevents.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    /** The jar takes its dependencies from the pom, and `camel run` takes them from application.properties. */
    @Test
    void bothWaysRunTheSameVersions() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        for (String dependency : properties(Path.of("application.properties")).getProperty("camel.jbang.dependencies").split(",")) {
            if (!dependency.startsWith("camel:")) {
                String[] coordinates = dependency.split(":");
                Matcher matcher = Pattern.compile("<artifactId>" + coordinates[1] + "</artifactId>\\s*<version>\\$\\{(.+?)}</version>").matcher(pom);
                assertThat(matcher.find()).as(dependency).isTrue();
                assertThat(pom).contains("<" + matcher.group(1) + ">" + coordinates[2] + "</" + matcher.group(1) + ">");
            }
        }
    }

    @Test
    void theJarHasADefaultForEverySettingAndTheSettingsPagesTellIt() throws IOException {
        Properties file = properties(Path.of("application.properties"));
        Properties packaged = properties(Path.of("src/main/resources/application.properties"));
        assertThat(packaged.stringPropertyNames()).isEqualTo(file.stringPropertyNames().stream()
                .filter(key -> !key.startsWith("camel.jbang.")).collect(Collectors.toSet()));
        String english = Files.readString(Path.of("docs/settings.md"));
        String japanese = Files.readString(Path.of("docs/ja/settings.md"));
        for (String key : List.of("webhook.path", "webhook.time-zone", "webhook.max-body", "database.url", "alert.to", "alert.from",
                "alert.endpoint", "alert.language", "alert.first-delay", "alert.updates", "alert.quiet", "alert.max-per-hour", "alert.rate")) {
            assertThat(english).contains("| `" + key + "` | `" + packaged.getProperty(key) + "` |");
            assertThat(japanese).contains("| `" + key + "` | `" + packaged.getProperty(key) + "` |");
        }
    }

    @ParameterizedTest
    @CsvSource({"10 MB,10485760", "10MB,10485760", "10 mb,10485760", "1 KB,1024", "2GB,2147483648", "512,512", "512 B,512"})
    void sizes(String text, long bytes) {
        assertThat(settings("size", text).bytes("size")).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"10s,10000", "45m,2700000", "1h30m,5400000", "100ms,100", "250,250"})
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
        assertThatThrownBy(() -> settings("alert.rate", text).percent("alert.rate")).hasMessageContaining("alert.rate").hasMessageContaining("5 %")
                .hasMessageContaining(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5x", "10 sec", "1,5s", "m", "-5s"})
    void noDurations(String text) {
        assertThatThrownBy(() -> settings("alert.quiet", text).duration("alert.quiet")).hasMessageContaining("alert.quiet").hasMessageContaining("10s")
                .hasMessageContaining(text);
    }

    @Test
    void severalDurations() {
        assertThat(settings("alert.updates", "5m, 15m,1h").durations("alert.updates"))
                .containsExactly(Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofHours(1));
        assertThatThrownBy(() -> settings("alert.updates", "5m,soon").durations("alert.updates")).hasMessageContaining("alert.updates")
                .hasMessageContaining("5m,soon");
    }

    @Test
    void listsAndZones() {
        assertThat(settings("list", " a, b ,,c").list("list")).containsExactly("a", "b", "c");
        assertThat(settings("list", "").list("list")).isEmpty();
        assertThat(settings("zone", "UTC").zone("zone")).isEqualTo(ZoneId.of("UTC"));
    }

    @Test
    void aWrongValueIsNamedWithWhatWouldBeRight() {
        assertThatThrownBy(() -> settings("webhook.max-body", "ten").bytes("webhook.max-body")).hasMessageContaining("webhook.max-body")
                .hasMessageContaining("10 MB").hasMessageContaining("'ten'");
        assertThatThrownBy(() -> settings("alert.first-delay", "soon").duration("alert.first-delay")).hasMessageContaining("alert.first-delay")
                .hasMessageContaining("10s");
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
