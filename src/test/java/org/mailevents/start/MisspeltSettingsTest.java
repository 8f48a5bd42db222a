package org.mailevents.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MisspeltSettingsTest {

    @ParameterizedTest
    @CsvSource({"ALRT_TO,ALERT_TO", "WEBHOOK_APIKEY,WEBHOOK_API_KEY", "DATABASE_USRNAME,DATABASE_USERNAME", "LOG_FORMT,LOG_FORMAT",
        "CAMEL_SERVER_PROT,CAMEL_SERVER_PORT"})
    void aVariableThatResemblesASettingIsPointedOut(String variable, String meant) {
        assertThat(MisspeltSettings.warnings(Stream.of(), Set.of(variable, "PATH"), ""))
                .containsExactly("The environment variable " + variable + " is not a setting of Mail Events. Did you mean " + meant + "?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PATH", "HOME", "ALERT_TO", "ALERT_TO_X", "ALERT_LANGUAGE_LIST_OWNER", "LOG_LEVEL", "DATABASE_PORT",
        "DATABASE_PORT_5432_TCP", "STORE_SERVICE_HOST", "JAVA_HOME", "CAMEL_SERVER_PORT", "CAMEL_MAIN_NAME"})
    void otherVariablesAreNot(String variable) {
        assertThat(MisspeltSettings.warnings(Stream.of(), Set.of(variable), "")).isEmpty();
    }

    @Test
    void aNameInAFileIsPointedOutUnlessARouteOrCamelUsesIt() {
        // Given
        Stream<String> names = Stream.of("alrt.to", "alert.too.many", "alert.to.crm", "crm.url", "store.wrtiers", "alert.to",
                "camel.main.name");

        // Then
        assertThat(MisspeltSettings.warnings(names, Set.of(), "- to: '{{crm.url:none}}'")).containsExactly(
                "alert.too.many is not a setting of Mail Events. Is it misspelt?",
                "alrt.to is not a setting of Mail Events. Did you mean alert.to?",
                "store.wrtiers is not a setting of Mail Events. Did you mean store.writers?");
    }

    @Test
    void aSettingOfATeamsOwnIsNoMistakeThoughItResemblesOne() {
        assertThat(MisspeltSettings.warnings(Stream.of(), Set.of("ALERT_TOO"), "- to: '{{alert-too}}'")).isEmpty();
    }
}
