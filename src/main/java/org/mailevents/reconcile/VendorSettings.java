package org.mailevents.reconcile;

import java.time.Duration;
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
 * @param kept              how long events are kept ({@code retention.days}); null for ever
 * @param schedule          when the days are reconciled; null for only by hand
 */
public record VendorSettings(String url, String apiUser, String apiKey, String serverComposition, int callsADay,
        Duration kept, DigestSchedule schedule) {

    private static final String SCHEDULE = "vendor.reconcile";
    /** Yesterday began up to two days ago, its zone may be unknown, and events may be deleted some hours earlier. */
    private static final int SHORTEST_KEPT = 4;

    /**
     * Reads the settings.
     *
     * @return empty if nothing is to be reconciled
     * @throws IllegalArgumentException if only some of the settings are set, or if the key would be sent without encryption, or if the
     *                                  events of a day are deleted before it can be compared
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
                settings.required("vendor.server-composition"), settings.positive("vendor.calls-a-day"), kept(settings),
                schedule.isEmpty() ? null : DigestSchedule.parse(SCHEDULE, schedule)));
    }

    private static Duration kept(Settings settings) {
        if (settings.text("retention.days").isEmpty()) {
            return null;
        }
        int days = settings.positive("retention.days");
        if (days < SHORTEST_KEPT) {
            throw new IllegalArgumentException("Set retention.days to " + SHORTEST_KEPT + " or more, or empty vendor.api-user,"
                    + " vendor.api-key and vendor.server-composition: a day can be compared only while all its events are kept");
        }
        return Duration.ofDays(days);
    }

    /** Without the key, because error messages quote their objects. */
    @Override
    public String toString() {
        return "VendorSettings[" + url + "]";
    }
}
