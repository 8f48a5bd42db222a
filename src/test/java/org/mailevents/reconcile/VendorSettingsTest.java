package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.settings.Settings;

/** Settings with which the vendor cannot be asked, or with which its key would be exposed, stop the start. */
class VendorSettingsTest {

    @Test
    void withoutSettingsNothingIsReconciled() {
        assertThat(VendorSettings.of(settings(new Properties()))).isEmpty();
    }

    @Test
    void theKeyIsInNoMessage() {
        assertThat(VendorSettings.of(settings(complete())).orElseThrow().toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({"vendor.api-key, '', Set vendor.api-key", "vendor.server-composition, '', Set vendor.server-composition",
            "vendor.url, http://api.example.com, begins with https://", "vendor.reconcile, hourly, Set vendor.reconcile to a time",
            "vendor.calls-a-day, 0, Set vendor.calls-a-day",
            "retention.days, 3, Set retention.days to 4 or more"})
    void aMistakeNamesItsSetting(String setting, String value, String message) {
        Properties properties = complete();
        properties.put(setting, value);
        assertThatThrownBy(() -> VendorSettings.of(settings(properties))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message).hasMessageNotContaining("secret");
    }

    private static Properties complete() {
        Properties properties = new Properties();
        properties.put("vendor.api-user", "user");
        properties.put("vendor.api-key", "secret");
        properties.put("vendor.server-composition", "pro");
        return properties;
    }

    private static Settings settings(Properties properties) {
        DefaultCamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setLocation("file:application.properties");
        context.getPropertiesComponent().setOverrideProperties(properties);
        return new Settings(context);
    }
}
