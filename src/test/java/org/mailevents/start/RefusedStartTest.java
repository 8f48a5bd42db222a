package org.mailevents.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.log.FailureText;
import org.mailevents.support.Certificate;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * The mistakes that stop a start, and the error that names each mistake. {@code JarStartIT} shows how the jar logs such an error, once for
 * each kind of mistake.
 */
@Execution(ExecutionMode.CONCURRENT)
class RefusedStartTest {

    @ParameterizedTest
    @ValueSource(strings = {"::", "192.0.2.1"})
    void itDoesNotListenBeyondLoopbackWithoutASecret(String host) {
        assertThat(refusal(TestSettings.none().with("camel.server.host", host)))
                .contains("camel.server.host", "webhook.api-key", "webhook.basic");
    }

    @ParameterizedTest
    @CsvSource({"webhook.max-body,much", "webhook.basic,nocolon", "alert.to,nobody", "alert.to.list-owner,nobody", "alert.first-delay,-5s",
        "webhook.max-body,0", "alert.from,''", "alert.language,tlh", "alert.language.postmaster,tlh", "alert.fallback,nobody",
        "alert.updates,'5m,soon'", "alert.updates,'1h,15m'", "alert.updates,'5m,5m'",
        "alert.quiet,45", "alert.rate,much", "alert.first-delay,soon", "spool.attempts,0",
        "alert.hours,9-17", "alert.hours.postmaster,mon-fri 19:00-08:00", "alert.time-zone,Tokyo", "alert.max-per-day,0",
        "alert.all-clear-from,few", "alert.destination-rate,101 %", "webhook.path,''", "webhook.path,hooks",
        "webhook.path,/answer", "webhook.path,/answer/",
        "alert.endpoint,smpt://mail.example.com", "alert.endpoint,mail.example.com", "console.url,mail-events.example.com",
        "alert.digest.list-owner,daily", "alert.channel,slak", "alert.channel.postmaster,'mail,slak'",
        "alert.undecided,''", "alert.undecided,none", "alert.undecided,the team",
        "console.proxy-address,192.0.2", "console.proxy-address,proxy.example.com", "console.proxy-address,0.0.0.0/0",
        "console.proxy-address,'192.0.2.7,192.0.2.0/33'"})
    void aSettingThatCannotBeUsedIsNamed(String key, String value) {
        assertThat(refusal(TestSettings.none().with(key, value))).contains("Set " + key + " ");
    }

    @ParameterizedTest
    @CsvSource({"console.proxy-user-header,X-Forwarded-User,console.proxy-address",
        "console.proxy-address,192.0.2.7,console.proxy-user-header"})
    void aSettingThatNeedsAnotherNamesIt(String key, String value, String missing) {
        assertThat(refusal(TestSettings.none().with(key, value))).contains("Set " + missing + " as well, or leave " + key + " empty");
    }

    @Test
    void aHeaderThatIsNoneIsNamed() {
        assertThat(refusal(TestSettings.none().with("console.proxy-address", "192.0.2.7", "console.proxy-user-header", "X Forwarded User")))
                .contains("Set console.proxy-user-header to the name of a header");
    }

    @ParameterizedTest
    @ValueSource(strings = {"alert.to.none", "alert.language.none"})
    void theAudienceOfMutedEventsHasNoSetting(String key) {
        assertThat(refusal(TestSettings.none().with(key, "ja")))
                .contains("Remove " + key + ": no mail reports an event of the audience none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none.p12", "application.properties"})
    void aKeyStoreThatCannotBeUsedIsNamed(String keyStore) {
        assertThat(refusal(new TestSettings(Certificate.settings()).with("camel.ssl.keyStore", keyStore)))
                .contains("Set camel.ssl.keyStore ", "camel.ssl.keystorePassword").doesNotContain(Certificate.PASSWORD);
    }

    @Test
    void withHttpsAndNoKeyStoreItSaysSo() {
        assertThat(refusal(TestSettings.none().with("camel.ssl.enabled", "true"))).contains("Set camel.ssl.keyStore ");
    }

    @Test
    void aRefusedStartDoesNotTouchTheDatabase(@TempDir Path folder) throws IOException {
        String url = "jdbc:h2:" + folder.resolve("mail-events");
        assertThat(refusal(TestSettings.none().with("database.url", url, "camel.server.host", "::"))).contains("webhook.api-key");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "route-bounces.camel.yaml | - split:             | - splitt:          | 7: Unknown node id: splitt",
        "route-bounces.camel.yaml | - split:             | - split            | 8: mapping values are not allowed here",
        "on-error.camel.yaml      | direct:release-alert | nonsense:x         | 42: No endpoint could be found for: nonsense://x",
        "templates/words.ja.ftl   | <#function subject   | <#functoin subject | 49: Unknown directive: #functoin"})
    void aBrokenFileStopsTheStartAndIsNamedWithItsLine(String name, String right, String wrong, String line) throws IOException {
        Path routes = OwnProcess.folder("routes").resolve("routes");
        Path file = routes.resolve(name);
        Files.writeString(file, Files.readString(file).replace(right, wrong));
        assertThat(refusal(TestSettings.none().withRoutes(routes))).startsWith("BrokenFile: " + file + ":" + line);
    }

    /** What the jar logs behind "Not started: ". */
    private static String refusal(TestSettings settings) {
        Main main = Application.configured();
        try {
            Throwable refusal = catchThrowable(() -> TestSettings.of(TestDatabase.h2()).with(settings.map()).startInProcess(main));
            assertThat(refusal).as("refusal").isNotNull();
            return FailureText.describe(refusal);
        } finally {
            main.stop();
        }
    }
}
