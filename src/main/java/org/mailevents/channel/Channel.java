package org.mailevents.channel;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A service besides mail that tells an audience about its incidents. Its route is {@code routes/channels/<name>.camel.yaml}, and its
 * settings are {@code alert.<name>.…}.
 */
public enum Channel {

    /** An incoming webhook of LINE WORKS. */
    LINE_WORKS("url"),
    /** A room of Chatwork, by its API. */
    CHATWORK("token", "room", "url"),
    /** An incoming webhook of Slack. */
    SLACK("url"),
    /** A workflow of Microsoft Teams that starts with a webhook. */
    TEAMS("url"),
    /** A service of PagerDuty, by the Events API v2. */
    PAGERDUTY("routing-key", "url"),
    /** Any URL that takes JSON, signed like Standard Webhooks. */
    WEBHOOK("url", "secret");

    /** The name of the channel that sends mails. It is no {@link Channel}, because it needs no settings of its own. */
    public static final String MAIL = "mail";

    private final List<String> settings;

    Channel(String... settings) {
        this.settings = List.of(settings);
    }

    /** The last parts of the names of its settings, the most important one first. Each of them is needed. */
    List<String> settings() {
        return settings;
    }

    /** The name of the template that makes its messages. The middle of the name tells their form. */
    public String template() {
        return this + (this == CHATWORK ? ".form.ftl" : ".json.ftl");
    }

    /** The content type of its messages. */
    public String contentType() {
        return this == CHATWORK ? "application/x-www-form-urlencoded" : "application/json";
    }

    /** Whether the service keeps an incident open until it is told the end. A person who reads a chat does not need that. */
    public boolean keepsIncidentsOpen() {
        return this == PAGERDUTY || this == WEBHOOK;
    }

    /** The channel of a name such as {@code line-works}; empty for {@code mail} and for an unknown name. */
    public static Optional<Channel> of(String name) {
        return Arrays.stream(values()).filter(channel -> channel.toString().equals(name)).findAny();
    }

    /** All names that {@code alert.channel} may have, for an error. */
    static String names() {
        return Stream.concat(Stream.of(MAIL), Arrays.stream(values()).map(Channel::toString)).collect(Collectors.joining(", "));
    }

    /** The name of the channel in the settings, which is also the id of its route. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
