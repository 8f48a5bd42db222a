package org.mailevents.channel;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.spi.PropertiesSource;
import org.mailevents.route.RouteFiles;
import org.mailevents.settings.Settings;

/**
 * Which channels tell which audience, and with which settings. It is also a source of properties for the routes of the channels: {@code
 * channel.slack.used} is {@code true} if an audience uses the channel, and otherwise {@code false}. So a channel that nobody uses does not
 * run.
 */
public final class Channels implements PropertiesSource {

    private static final String SETTING = "alert.channel";

    private final Settings settings;
    private final Set<Channel> used;

    /** Reads which channels are used. Whether they can be used is a matter of {@link #requireUsable()}. */
    public Channels(Settings settings) {
        this.settings = settings;
        this.used = settingsOfChannels().stream().flatMap(key -> names(key).stream()).flatMap(name -> Channel.of(name).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws IllegalArgumentException the first of the {@link #mistakes()} */
    public void requireUsable() {
        mistakes().stream().findFirst().ifPresent(mistake -> {
            throw new IllegalArgumentException(mistake);
        });
    }

    /**
     * The channels that are unknown, and the settings of channels that are missing or cannot be used. Each text names the setting, and
     * never its value, which is a secret.
     */
    public List<String> mistakes() {
        return settingsOfChannels().stream().flatMap(key -> settings.list(key).isEmpty()
                ? Stream.of("Set " + key + " to channels out of " + Channel.names() + ", separated by commas: it names none")
                : names(key).stream().flatMap(name -> mistakes(key, name))).distinct().toList();
    }

    /** The channels of an audience in the order of the setting, among them {@code mail}. */
    public List<String> of(String audience) {
        return names(ownOrCommon(SETTING, audience));
    }

    /** The channels that at least one audience uses. */
    public Set<Channel> used() {
        return used;
    }

    /**
     * The settings of a channel for an audience, by the last part of their names. The value {@code host} is the part of the URL that is no
     * secret, such as {@code hooks.slack.com}.
     */
    public Map<String, String> settings(Channel channel, String audience) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String setting : channel.settings()) {
            values.put(setting, settings.text(ownOrCommon("alert." + channel + "." + setting, audience)));
        }
        values.put("host", URI.create(values.get("url")).getRawAuthority());
        return values;
    }

    /** The setting to look at when the service of a channel refuses the messages to an audience. */
    public String settingToCheck(Channel channel, String audience) {
        return ownOrCommon("alert." + channel + "." + channel.settings().get(0), audience);
    }

    /** The tokens, keys and secrets of a channel for an audience. The URL is not among them. */
    public Set<String> secrets(Channel channel, String audience) {
        return channel.settings().stream().filter(setting -> !setting.equals("url") && !setting.equals("room"))
                .flatMap(setting -> settings.list(ownOrCommon("alert." + channel + "." + setting, audience)).stream())
                .map(WebhookSignature::withoutPrefix).collect(Collectors.toSet());
    }

    /** Settings to try a template with. */
    public static Map<String, String> sampleSettings(Channel channel) {
        return channel.settings().stream().collect(Collectors.toMap(setting -> setting, setting -> "sample"));
    }

    @Override
    public String getName() {
        return "channels";
    }

    @Override
    public String getProperty(String name) {
        return name.startsWith("channel.") && name.endsWith(".used")
                ? String.valueOf(used.stream().anyMatch(channel -> name.equals("channel." + channel + ".used"))) : null;
    }

    private Set<String> settingsOfChannels() {
        Set<String> keys = new TreeSet<>(settings.audiences(SETTING));
        keys.add(SETTING);
        return keys;
    }

    private List<String> names(String key) {
        return settings.list(key).stream().distinct().toList();
    }

    private String ownOrCommon(String key, String audience) {
        String own = key + "." + audience;
        return settings.text(own).isEmpty() ? key : own;
    }

    /** @param key the setting that names the channel: of one audience, or of all */
    private Stream<String> mistakes(String key, String name) {
        if (name.equals(Channel.MAIL)) {
            return Stream.empty();
        }
        Optional<Channel> channel = Channel.of(name);
        if (channel.isEmpty()) {
            return Stream.of("Set " + key + " to channels out of " + Channel.names() + ", separated by commas: '" + name + "' is not one");
        }
        Path route = settings.routes().resolve(RouteFiles.CHANNELS).resolve(name + ".camel.yaml");
        if (!Files.exists(route)) {
            return Stream.of("Set " + key + " to channels that have a route: " + route + " does not exist");
        }
        String audience = key.substring(SETTING.length()).replaceFirst("^\\.", "");
        return channel.get().settings().stream().flatMap(setting -> {
            String common = "alert." + name + "." + setting;
            String own = ownOrCommon(common, audience);
            return settings.text(own).isEmpty()
                    ? Stream.of("Set " + common + " in application.properties: it is empty, and " + key + " names " + name)
                    : wrongForm(own, setting).stream();
        });
    }

    private Optional<String> wrongForm(String key, String setting) {
        String value = settings.text(key);
        return switch (setting) {
            case "url" -> wrong(key, isUrl(value), "a URL that begins with https:// or http://, exactly as the service shows it");
            case "room" -> wrong(key, value.matches("\\d{1,20}"), "the number of the room, which stands behind #!rid in its address");
            case "secret" -> wrong(key, settings.list(key).stream().allMatch(WebhookSignature::isSecret),
                    "whsec_ and 24 to 64 random bytes in Base64, as this command prints them: echo whsec_$(openssl rand -base64 32)");
            // it becomes an HTTP header, or a text in JSON
            default -> wrong(key, value.matches("[!-~]+"), "the text that the service shows, without spaces");
        };
    }

    private static Optional<String> wrong(String key, boolean fits, String form) {
        return fits ? Optional.empty() : Optional.of("Set " + key + " to " + form);
    }

    private static boolean isUrl(String text) {
        try {
            URI url = new URI(text);
            return url.getHost() != null && url.getRawUserInfo() == null && url.getScheme().matches("https?");
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
