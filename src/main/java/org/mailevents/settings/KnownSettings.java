package org.mailevents.settings;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * The names of all settings, and the kind of each. SettingsTest compares them and the settings pages with the file
 * {@code application.properties}.
 */
public final class KnownSettings {

    /** Settings that can also be set for a single audience, as in {@code alert.to.list-owner}. */
    public static final List<String> OF_AUDIENCES = List.of("alert.to", "alert.language", "alert.hours", "alert.digest", "alert.channel",
            "alert.line-works.url", "alert.chatwork.room", "alert.chatwork.token", "alert.chatwork.url", "alert.slack.url",
            "alert.teams.url", "alert.pagerduty.routing-key", "alert.pagerduty.url", "alert.webhook.url", "alert.webhook.secret");

    /** The beginning of the settings that are properties of Kafka's client, as in {@code spool.kafka.client.sasl.mechanism}. */
    public static final String KAFKA_CLIENT = "spool.kafka.client.";

    /** Each setting with the method that reads its kind. */
    private static final SortedMap<String, BiConsumer<Settings, String>> KINDS = inOrder(
            entry("camel.server.host", Settings::required),
            entry("camel.server.port", Settings::port),
            entry("camel.ssl.enabled", Settings::text),
            entry("camel.ssl.keyStore", Settings::text),
            entry("camel.ssl.keystorePassword", Settings::text),
            entry("webhook.path", Settings::urlPath),
            entry("webhook.api-key", Settings::list),
            entry("webhook.basic", Settings::userPasswordPairs),
            entry("webhook.time-zone", Settings::zone),
            entry("webhook.max-body", Settings::bytes),
            entry("webhook.max-in-flight", unlessEmpty(Settings::bytes)),
            entry("console.basic", Settings::userPasswordPairs),
            entry("console.proxy-user-header", onlyWith("console.proxy-address", Settings::headerName)),
            entry("console.proxy-address", onlyWith("console.proxy-user-header", Settings::addressRanges)),
            entry("console.url", unlessEmpty(Settings::webUrl)),
            entry("database.url", Settings::required),
            entry("database.username", Settings::text),
            entry("database.password", Settings::text),
            entry("store.writers", Settings::positive),
            entry("store.batch", Settings::positive),
            entry("store.queue", Settings::positive),
            entry("store.queue-size", unlessEmpty(Settings::bytes)),
            entry("store.max-wait", Settings::duration),
            entry("store.partition", oneOf("day", "week", "month")),
            entry("retention.days", unlessEmpty(Settings::positive)),
            entry("privacy.hash-recipients", Settings::text),
            entry("privacy.retention-days", unlessEmpty(Settings::positive)),
            entry("message.overdue", Settings::duration),
            entry("spool.directory", Settings::required),
            entry("spool.max-size", Settings::bytes),
            entry("spool.attempts", Settings::positive),
            entry("spool.kafka.brokers", Settings::text),
            entry("spool.kafka.topic", Settings::required),
            entry("spool.kafka.mode", oneOf("outage", "always")),
            entry("spool.kafka.consumers", Settings::count),
            entry("alert.to", Settings::list),
            entry("alert.undecided", Settings::audience),
            entry("alert.fallback", Settings::text),
            entry("alert.from", Settings::text),
            entry("alert.endpoint", unlessEmpty(Settings::endpoint)),
            entry("alert.link-key", unlessEmpty(Settings::secretKey)),
            entry("alert.contact", Settings::text),
            entry("alert.language", Settings::required),
            entry("alert.first-delay", Settings::duration),
            entry("alert.updates", Settings::growingDurations),
            entry("alert.quiet", Settings::duration),
            entry("alert.max-per-hour", Settings::positive),
            entry("alert.max-per-day", Settings::positive),
            entry("alert.hours", Settings::hours),
            entry("alert.time-zone", unlessEmpty(Settings::zone)),
            entry("alert.all-clear-from", Settings::positive),
            entry("alert.rate", Settings::percent),
            entry("alert.destination-rate", Settings::percent),
            entry("alert.silence", unlessEmpty(Settings::duration)),
            entry("alert.channel", Settings::list),
            entry("alert.line-works.url", Settings::text),
            entry("alert.chatwork.room", Settings::text),
            entry("alert.chatwork.token", Settings::text),
            entry("alert.chatwork.url", Settings::text),
            entry("alert.slack.url", Settings::text),
            entry("alert.teams.url", Settings::text),
            entry("alert.pagerduty.routing-key", Settings::text),
            entry("alert.pagerduty.url", Settings::text),
            entry("alert.webhook.url", Settings::text),
            entry("alert.webhook.secret", Settings::list),
            entry("vendor.api-user", Settings::text),
            entry("vendor.api-key", Settings::text),
            entry("vendor.server-composition", Settings::text),
            entry("vendor.reconcile", Settings::text),
            entry("vendor.calls-a-day", Settings::positive),
            entry("vendor.url", Settings::webUrl),
            entry("camel.management.host", Settings::text),
            entry("camel.management.port", unlessEmpty(Settings::port)),
            entry("log.format", Settings::text));

    private static final Set<String> KNOWN_VARIABLES = KINDS.keySet().stream().map(Settings::variable)
            .collect(Collectors.toUnmodifiableSet());

    private KnownSettings() {
    }

    /** The names of all settings, without those of single audiences. */
    public static Set<String> known() {
        return KINDS.keySet();
    }

    /** The environment variables that override the settings, without those of single audiences. */
    public static Set<String> knownVariables() {
        return KNOWN_VARIABLES;
    }

    /** Whether a name is a setting of Mail Events, the setting of an audience, or a property of Kafka's client. */
    public static boolean isKnown(String key) {
        return KINDS.containsKey(key) || key.startsWith(KAFKA_CLIENT)
                || OF_AUDIENCES.stream().anyMatch(setting -> key.startsWith(setting + "."));
    }

    /** Whether an environment variable overrides a setting that {@link #isKnown}. */
    public static boolean isKnownVariable(String name) {
        return KNOWN_VARIABLES.contains(name) || name.startsWith(Settings.variable(KAFKA_CLIENT))
                || OF_AUDIENCES.stream().anyMatch(setting -> name.startsWith(Settings.variable(setting) + "_"));
    }

    /** Reads each setting once, so that a value that cannot be used stops the start, even if nothing uses it yet. */
    public static void requireValid(Settings settings) {
        KINDS.forEach((key, kind) -> kind.accept(settings, key));
        for (String setting : OF_AUDIENCES) {
            String key = setting + "." + Settings.MUTED;
            if (!settings.text(key).isEmpty()) {
                throw new IllegalArgumentException("Remove " + key + ": no mail reports an event of the audience " + Settings.MUTED
                        + ". Give the audience a different name, here and in the routes.");
            }
        }
    }

    /** What {@link #requireValid} would say about each setting that cannot be used, by the names of the settings. */
    public static List<String> mistakes(Settings settings) {
        List<String> mistakes = new ArrayList<>();
        KINDS.forEach((key, kind) -> {
            try {
                kind.accept(settings, key);
            } catch (IllegalArgumentException e) {
                mistakes.add(e.getMessage());
            }
        });
        return mistakes;
    }

    @SafeVarargs
    private static SortedMap<String, BiConsumer<Settings, String>> inOrder(Map.Entry<String, BiConsumer<Settings, String>>... kinds) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(Map.ofEntries(kinds)));
    }

    private static BiConsumer<Settings, String> unlessEmpty(BiConsumer<Settings, String> kind) {
        return (settings, key) -> {
            if (!settings.text(key).isEmpty()) {
                kind.accept(settings, key);
            }
        };
    }

    private static BiConsumer<Settings, String> onlyWith(String other, BiConsumer<Settings, String> kind) {
        return (settings, key) -> {
            if (!settings.text(key).isEmpty()) {
                kind.accept(settings, key);
            } else if (!settings.text(other).isEmpty()) {
                throw new IllegalArgumentException("Set " + key + " as well, or leave " + other + " empty: each needs the other");
            }
        };
    }

    private static BiConsumer<Settings, String> oneOf(String... values) {
        return (settings, key) -> {
            if (!List.of(values).contains(settings.required(key))) {
                throw settings.invalid(key, "one of " + String.join(", ", values), null);
            }
        };
    }
}
