package org.mailevents.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.settings.Settings;

class ChannelsTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final Map<String, String> ALL = Map.of("alert.channel", "mail",
            "alert.channel.list-owner", "mail, line-works,chatwork,slack,slack,teams,pagerduty,webhook",
            "alert.line-works.url", "https://webhook.worksmobile.com/message/secret", "alert.chatwork.room", "123",
            "alert.chatwork.token", "secret", "alert.slack.url", "https://hooks.slack.com/services/secret",
            "alert.slack.url.postmaster", "https://hooks.slack.com/services/other", "alert.teams.url",
            "https://prod-00.japaneast.logic.azure.com:443/workflows/secret/triggers/manual/paths/invoke?sp=%2Ftriggers&sig=secret%2B%3D");
    private static final Map<String, String> KEYS = Map.of("alert.pagerduty.routing-key", "secret", "alert.webhook.url",
            "https://example.com/hook", "alert.webhook.secret", SECRET + "," + SECRET, "alert.pagerduty.url", "https://p.example.com/v2",
            "alert.chatwork.url", "https://api.chatwork.com/v2");

    @Test
    void mailIsTheOnlyChannelUnlessASettingSaysOtherwise() {
        Channels channels = channels(Map.of("alert.channel", "mail"));

        channels.requireUsable();
        assertThat(channels.of("list-owner")).containsExactly("mail");
        assertThat(channels.used()).isEmpty();
        assertThat(channels.getProperty("channel.slack.used")).isEqualTo("false");
        assertThat(channels.getProperty("slack.used")).isNull();
    }

    @Test
    void anAudienceHasItsChannelsWithItsSettings() {
        Properties all = properties(ALL);
        all.putAll(KEYS);
        Channels channels = channels(all);

        channels.requireUsable();
        assertThat(channels.of("list-owner")).containsExactly("mail", "line-works", "chatwork", "slack", "teams", "pagerduty", "webhook");
        assertThat(channels.of("postmaster")).containsExactly("mail");
        assertThat(channels.used()).containsExactly(Channel.values());
        assertThat(channels.getProperty("channel.line-works.used")).isEqualTo("true");
        assertThat(channels.settings(Channel.SLACK, "postmaster")).containsEntry("url", "https://hooks.slack.com/services/other")
                .containsEntry("host", "hooks.slack.com");
        assertThat(channels.settings(Channel.TEAMS, "list-owner"))
                .containsEntry("host", "prod-00.japaneast.logic.azure.com:443");
        assertThat(channels.settings(Channel.CHATWORK, "list-owner")).containsEntry("room", "123").containsEntry("token", "secret");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "alert.channel | mail,slak | | | Set alert.channel to channels out of mail, line-works, chatwork, slack, teams,",
        "alert.channel | slack | | | Set alert.slack.url in application.properties: it is empty, and alert.channel names slack",
        "alert.channel.x | slack | alert.slack.url.y | https://y.example.com | Set alert.slack.url in application.properties",
        "alert.channel | slack | alert.slack.url | hooks.slack.com/hidden | Set alert.slack.url to a URL that begins with https://",
        "alert.channel | slack | alert.slack.url | https://hidden:x@slack.com/ | Set alert.slack.url to a URL",
        "alert.channel.x | slack | alert.slack.url.x | ftp://hidden.example.com/ | Set alert.slack.url.x to a URL",
        "alert.channel | chatwork | alert.chatwork.room | ../hidden | Set alert.chatwork.room to the number of the room",
        "alert.channel | pagerduty | alert.pagerduty.routing-key | hidden key | Set alert.pagerduty.routing-key to the text",
        "alert.channel | webhook | alert.webhook.secret | hidden | echo whsec_$(openssl rand -base64 32)"})
    void whatCannotBeUsedIsNamedWithoutItsValue(String key, String value, String other, String otherValue, String named) {
        Map<String, String> settings = other == null ? Map.of(key, value) : Map.of(key, value, other, otherValue);

        assertThat(channels(settings).mistakes()).anyMatch(mistake -> mistake.contains(named))
                .noneMatch(mistake -> mistake.contains("hidden"));
        assertThatThrownBy(() -> channels(settings).requireUsable()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aChannelWithoutItsRouteIsNamed() {
        Map<String, String> settings = Map.of("alert.channel", "slack", "alert.slack.url", "https://hooks.slack.com/x",
                "camel.main.routesIncludePattern", "file:target/no-routes/*.camel.yaml");

        assertThat(channels(settings).mistakes()).containsExactly(
                "Set alert.channel to channels that have a route: target/no-routes/channels/slack.camel.yaml does not exist");
    }

    private static Channels channels(Map<?, ?> settings) {
        CamelContext context = new DefaultCamelContext();
        Properties all = properties(Map.of("camel.main.routesIncludePattern", "file:routes/*.camel.yaml"));
        all.putAll(settings);
        context.getPropertiesComponent().setInitialProperties(all);
        return new Channels(new Settings(context));
    }

    private static Properties properties(Map<?, ?> map) {
        Properties properties = new Properties();
        properties.putAll(map);
        return properties;
    }
}
