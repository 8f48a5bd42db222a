package org.mailevents.reconcile;

import java.util.Optional;
import java.util.stream.Stream;
import org.mailevents.digest.DigestSchedule;
import org.mailevents.settings.Settings;

/**
 * The settings of the vendor's API.
 *
 * @param url               the address of the API, without a slash at its end
 * @param apiUser           the id of an API user of the vendor's console
 * @param apiKey            the secret key of this user, which is not the key of the webhook
 * @param serverComposition the server composition whose events are compared
 * @param callsADay         how many calls of the API all processes together may make in a day
 * @param schedule          when the days are reconciled; null for only by hand
 */
public record VendorSettings(String url, String apiUser, String apiKey, String serverComposition, int callsADay,
        DigestSchedule schedule) {

    private static final String SCHEDULE = "vendor.reconcile";

    /**
     * Reads the settings.
     *
     * @return empty if nothing is to be reconciled
     * @throws IllegalArgumentException if only some of the settings are set, or if the key would be sent without encryption
     */
    public static Optional<VendorSettings> of(Settings settings) {
        if (Stream.of("vendor.api-user", "vendor.api-key", "vendor.server-composition").allMatch(key -> settings.text(key).isEmpty())) {
            return Optional.empty();
        }
        String url = settings.webUrl("vendor.url");
        if (!url.matches("https://.*|http://127\\.0\\.0\\.1[:/].*")) {
            throw new IllegalArgumentException("Set vendor.url to an address that begins with https://, because the key is sent to it");
        }
        String schedule = settings.text(SCHEDULE);
        return Optional.of(new VendorSettings(url, settings.required("vendor.api-user"), settings.required("vendor.api-key"),
                settings.required("vendor.server-composition"), settings.positive("vendor.calls-a-day"),
                schedule.isEmpty() ? null : DigestSchedule.parse(SCHEDULE, schedule)));
    }

    /** Without the key, because error messages quote their objects. */
    @Override
    public String toString() {
        return "VendorSettings[" + url + "]";
    }
}
