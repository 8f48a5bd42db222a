package org.mailevents.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.live.RouteCheck;
import org.mailevents.route.RouteGraph;
import org.mailevents.support.InProcess;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TeamEdit;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The command {@code check} finds all mistakes for which a start is refused, and opens nothing. */
class CheckTest {

    private final Path folder = OwnProcess.folder("routes", OwnProcess.ROUTE_TESTS, "application.properties");
    private final Path routes = folder.resolve("routes");

    @Test
    void theShippedFilesHaveNoMistake() throws Exception {
        Check.Report report = Application.check(Application.withSettings(Path.of("")), Path.of(""));

        assertThat(report.passed()).isTrue();
        assertThat(report.lines()).singleElement().asString()
                .matches("Checked the settings, \\d+ files of routes, 25 tests, and \\d+ files of templates: no mistake\\.");
    }

    @Test
    void everyFileWithAMistakeIsNamed() throws Exception {
        edit("route-bounces.camel.yaml", "- split:", "- splitt:");
        edit("route-deliveries.camel.yaml", "onPrepare: collectEvents", "onPrepare: collectEvent");
        edit("api-summary.camel.yaml", "direct:answer", "direct:anser");
        edit("tests/deliveries.test.yaml", "status: queued", "statsu: queued");
        edit("templates/words.ja.ftl", "<#function subject", "<#functoin subject");

        Check.Report report = check();

        assertThat(report.passed()).isFalse();
        assertThat(report.lines()).hasSize(6);
        assertThat(report.lines()).anyMatch(line -> line.startsWith(routes + "/route-bounces.camel.yaml:7: Unknown node id: splitt"))
                .anyMatch(line -> line.matches("\\Q" + routes + "\\E/route-deliveries.camel.yaml:\\d+: .*collectEvent.*"))
                .anyMatch(line -> line.matches("\\Q" + routes + "\\E/api-summary.camel.yaml:\\d+: .*direct:anser.*"))
                .anyMatch(line -> line.matches("\\Q" + routes + "\\E/tests/deliveries.test.yaml:\\d+: unknown key statsu.*"))
                .anyMatch(line -> line.startsWith(routes + "/templates/words.ja.ftl:49: Unknown directive: #functoin"));
        assertThat(report.lines().get(5)).endsWith(": 5 mistakes.");
    }

    @Test
    void aMistakeInTheCausesIsNamedOnceBesideThoseOfTheTemplates() throws Exception {
        edit("templates/words.ja.ftl", "<#function subject", "<#functoin subject");
        edit("bounce-causes.json", "\"codes\"", "\"cods\"");

        assertThat(check().lines()).hasSize(3).anyMatch(line -> line.startsWith(routes + "/templates/words.ja.ftl:49: Unknown directive"))
                .anyMatch(line -> line.matches("\\Q" + routes + "\\E/bounce-causes.json:\\d+: cods: unknown key.*"));
    }

    /** Without the rules, the branches of the bounces are not known. So the routes are not checked, but everything else is. */
    @Test
    void aBrokenRuleIsNamedOnceAndTheTemplatesAndSettingsAreStillChecked() throws Exception {
        edit("bounce-rules.json", "\"source\"", "\"sorce\"");
        edit("templates/words.ja.ftl", "<#function subject", "<#functoin subject");
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties).replaceFirst("(?m)^spool.attempts =.*", "spool.attempts = none"));

        Check.Report report = check();

        assertThat(report.passed()).isFalse();
        assertThat(report.lines()).hasSize(4);
        assertThat(report.lines().get(0)).startsWith(properties + ":").contains(": Set spool.attempts to ");
        assertThat(report.lines().get(1)).startsWith(routes + "/bounce-rules.json:10: ").contains("sorce: unknown key");
        assertThat(report.lines().get(2)).startsWith(routes + "/templates/words.ja.ftl:49: ");
        assertThat(report.lines().get(3)).startsWith("Checked the settings, and ").endsWith(": 3 mistakes.");
    }

    @Test
    void aTestInAnotherEncodingIsNamedOnce() throws Exception {
        Path test = routes.resolve("tests/deliveries.test.yaml");
        Files.writeString(test, "# 配信\n" + Files.readString(test), Charset.forName("Shift_JIS"));

        assertThat(check().lines()).hasSize(2).first().asString()
                .isEqualTo(test + ": the file cannot be read, or it is not in UTF-8");
    }

    @Test
    void everyTestThatFailsIsNamed() throws Exception {
        edit("route-bounces.camel.yaml", "expression: list-owner", "expression: crm");

        List<String> lines = check().lines();

        assertThat(lines).hasSize(10);
        assertThat(lines.subList(7, 9)).allMatch(line -> line.startsWith("warning: ")
                && line.contains("no setting knows the audience crm"));
        assertThat(lines.subList(0, 7)).allMatch(line -> line.startsWith(routes + "/tests/bounces.test.yaml:")
                && line.contains("expects the audience list-owner, but the routes give crm"));
    }

    @ParameterizedTest
    @CsvSource({"alert.quiet, 45", "alert.to, nobody", "alert.language, tlh", "webhook.path, hooks", "privacy.hash-recipients, short",
        "webhook.time-zone, Japan/Tokyo", "alert.updates, 5m 15m", "alert.channel, ''", "alert.hours, mon-fri 9:00-19:00"})
    void aSettingThatCannotBeUsedIsNamedWithItsLine(String key, String value) throws Exception {
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties).replaceFirst("(?m)^" + key + " =.*", key + " = " + value));
        int line = Files.readAllLines(properties).indexOf(key + " = " + value) + 1;

        Check.Report report = check();

        assertThat(report.passed()).isFalse();
        assertThat(report.lines()).hasSize(2).first().asString().startsWith(properties + ":" + line + ": Set " + key + " to ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/testing-routes.md", "docs/ja/testing-routes.md"})
    void theExamplesOfThePageWork(String page) throws Exception {
        // Given
        TeamEdit audience = TeamEdit.in(page, 1);
        String before = Files.readString(routes.resolve("route-bounces.camel.yaml"));

        // When
        audience.saveIn(folder);
        TeamEdit.number(4).saveIn(folder);
        TeamEdit.in(page, 2).saveIn(folder);

        // Then
        assertThat(check().lines()).singleElement().asString().contains(" 29 tests").endsWith(": no mistake.");

        // When
        Files.writeString(routes.resolve("route-bounces.camel.yaml"), before);

        // Then
        assertThat(check().lines()).hasSize(2).first().asString().startsWith(routes + "/tests/mobile-team.test.yaml:")
                .contains("expects the audience mobile-team, but the routes give postmaster");
    }

    @Test
    void aSettingOfAnAudienceThatNothingNamesIsAWarning() throws Exception {
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties) + "alert.to.list-onwer = a@example.com\nalert.language.crm = en\n"
                + "alert.language.fallback = en\nalert.to.operators = ops@example.com\n");

        assertThat(check().lines()).hasSize(3).startsWith(
                "warning: alert.to.list-onwer is not used: no route, no test and no other setting names the audience list-onwer."
                        + " Did you mean alert.to.list-owner?",
                "warning: alert.language.crm is not used: no route, no test and no other setting names the audience crm. Is it misspelt?");
    }

    @Test
    void everyWrongSettingOfAnAudienceIsNamed() throws Exception {
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties) + "alert.digest.list-owner = daily 9:00\n"
                + "alert.digest.postmaster = often\nalert.hours.list-owner = always\nalert.to.postmaster = nobody\n");

        assertThat(check().lines()).hasSize(5).allSatisfy(line -> assertThat(line).containsPattern("Set alert[.]|4 mistakes"))
                .anySatisfy(line -> assertThat(line).contains("alert.digest.list-owner", "two digits for the hour"))
                .anySatisfy(line -> assertThat(line).contains("alert.digest.postmaster"))
                .anySatisfy(line -> assertThat(line).contains("alert.hours.list-owner"))
                .anySatisfy(line -> assertThat(line).contains("alert.to.postmaster"));
    }

    @Test
    void aDigestForThoseWhoGetNoBouncesIsAWarning() throws Exception {
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties) + "alert.digest.operators = daily 09:00\n");

        assertThat(check().lines()).hasSize(2).first().asString().startsWith(
                "warning: alert.digest.operators is not used: no route gives bounces to the audience operators.");

        edit("route-bounces.camel.yaml", "expression: postmaster", "expression: operators");
        assertThat(check().lines()).noneMatch(line -> line.contains("is not used"));
    }

    @Test
    void anAudienceThatARouteComputesMayHaveAnyName() throws Exception {
        edit("route-bounces.camel.yaml", "expression: postmaster", "expression: \"team-${body.cause}\"");
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties) + "alert.to.list-onwer = a@example.com\nalert.to.crm = b@example.com\n");

        assertThat(check().lines()).anyMatch(line -> line.contains("list-onwer is not used")).noneMatch(line -> line.contains("crm"));
    }

    @Test
    void aFallbackThatIsARecipientIsAWarning() throws Exception {
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties) + "alert.to = a@example.com, b@example.com\n"
                + "alert.fallback = Chief <B@example.com>\nalert.to.list-owner = c@example.com\n");

        assertThat(check().lines()).hasSize(2).first().asString()
                .startsWith("warning: alert.fallback and alert.to have an address in common.").doesNotContain("@");
    }

    @Test
    void aMisspeltSettingIsAWarning() throws Exception {
        Path properties = folder.resolve("application.properties");
        Files.writeString(properties, Files.readString(properties) + "alert.quiett = 45m\n");

        Check.Report report = check();

        assertThat(report.passed()).isTrue();
        assertThat(report.lines()).first().asString()
                .isEqualTo("warning: alert.quiett is not a setting of Mail Events. Did you mean alert.quiet?");
    }

    @Test
    void theRoutesInJavaAreThoseOfTheApplication() {
        try (InProcess application = TestSettings.of(TestDatabase.postgres()).with("retention.days", "30", "privacy.retention-days", "30",
                "console.url", "https://mail-events.example.com")
                .startInProcess()) {
            List<RouteDefinition> java = ((ModelCamelContext) application.context()).getRouteDefinitions().stream()
                    .filter(route -> RouteGraph.file(route) == null).toList();

            assertThat(java).extracting(RouteDefinition::getRouteId)
                    .containsExactlyInAnyOrderElementsOf(JavaRoutes.standIns().stream().map(RouteDefinition::getRouteId).toList());
            assertThat(java.stream().map(route -> route.getInput().getEndpointUri()).filter(uri -> uri.startsWith("direct:")))
                    .containsExactlyInAnyOrderElementsOf(JavaRoutes.CALLED.stream().map("direct:"::concat).toList());
        }
    }

    /** With {@code camel run}, nothing but the start looks at the files. */
    @Test
    void aStartWithoutLiveRoutesRunsTheTestsAsWell() throws Exception {
        try (InProcess application = TestSettings.of(TestDatabase.h2()).withRoutes(routes).startInProcess()) {
            application.context().getRegistry().unbind("liveRoutes");
            ModelCamelContext context = (ModelCamelContext) application.context();
            RouteCheck.requireValid(context);

            edit("route-bounces.camel.yaml", "expression: list-owner", "expression: crm");

            assertThatThrownBy(() -> RouteCheck.requireValid(context)).hasMessageContaining("expects the audience list-owner");
        }
    }

    private Check.Report check() throws Exception {
        return Application.check(Application.withSettings(folder), folder);
    }

    private void edit(String name, String right, String wrong) throws IOException {
        Path file = routes.resolve(name);
        String text = Files.readString(file);
        assertThat(text).contains(right);
        Files.writeString(file, text.replace(right, wrong));
    }
}
