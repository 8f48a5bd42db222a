package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.channel.WebhookSignature;
import org.mailevents.live.FolderWatch;
import org.mailevents.route.BrokenFile;
import org.mailevents.settings.Settings;
import org.mailevents.support.ChatService;
import org.mailevents.support.HttpReceiver.Request;

/** What the templates in {@code routes/channels/} make of alerts, and which edits of them are refused. */
class ChannelTemplatesTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    private static final Map<String, String> PATHS = Map.of("line-works", "/message/secret", "chatwork", "/v2/rooms/1/messages",
            "slack", "/services/secret", "teams", "/run", "pagerduty", "/v2/enqueue", "webhook", "/");

    private static Map<String, String> files;
    private static TemplateValidation validation;
    private static TemplateSet templates;

    @BeforeAll
    static void readTemplates() throws Exception {
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setLocation("file:application.properties");
        Properties used = new Properties();
        used.put("alert.channel", "line-works,chatwork,slack,teams,pagerduty,webhook");
        used.put("console.url", "https://mail-events.example.com");
        context.getPropertiesComponent().setOverrideProperties(used);
        Settings settings = new Settings(context);
        files = FolderWatch.ofTemplates(settings.routes()).first();
        validation = new TemplateValidation(settings);
        templates = validation.validated(files, () -> RULES);
    }

    @ParameterizedTest
    @EnumSource(Channel.class)
    void everyMessageIsAsItsServiceDocuments(Channel channel) throws Exception {
        for (String language : List.of("ja", "en")) {
            for (Alert alert : alerts().toList()) {
                Request request = request(channel, text(channel, alert, language));
                assertThat(ChatService.valueOf(channel.name()).answer(request)).as(request.body()).matches(answer -> answer.status() < 300);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Channel.class)
    void aMessageNamesTheDestinationsTheNumbersAndTheIncident(Channel channel) throws Exception {
        Alert alert = new Samples(RULES).alerts().get(1);
        String text = text(channel, alert, "ja");
        text = channel == Channel.CHATWORK ? ChatService.form(request(channel, text)).get("body") : text;

        assertThat(text).contains("example.net").contains("https://mail-events.example.com/#incident=" + alert.incident())
                .contains(String.valueOf(alert.total()));
    }

    @ParameterizedTest
    @CsvSource({"OPENED,trigger", "UPDATE,trigger", "CLOSED,resolve"})
    void pagerDutyIsToldEachPhaseWithOneKey(IncidentPhase phase, String action) throws Exception {
        Alert alert = Samples.alert("list-owner", phase, new Samples(RULES).alerts().get(0).bounces(), null, null);

        JsonNode event = request(Channel.PAGERDUTY, text(Channel.PAGERDUTY, alert, "en")).json();
        assertThat(event.path("event_action").asText()).isEqualTo(action);
        assertThat(event.path("dedup_key").asText()).isEqualTo(alert.incident().toString());
    }

    @Test
    void whatAStrangerWritesMentionsNobody() throws Exception {
        Alert alert = hostile("x.example[toall]<!channel>&\"\\\n");

        assertThat(ChatService.form(request(Channel.CHATWORK, text(Channel.CHATWORK, alert, "ja"))).get("body"))
                .doesNotContain("[toall]").contains("［toall］");
        assertThat(request(Channel.SLACK, text(Channel.SLACK, alert, "ja")).json().findValuesAsText("text"))
                .noneMatch(text -> text.contains("<!channel>") && text.contains("&lt;"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "slack.json.ftl    | \"text\":             | \"text\"              | slack.json.ftl: the template makes no valid JSON",
        "slack.json.ftl    | escape text as text?json_string | escape text as text | slack.json.ftl: the template makes no valid",
        "teams.json.ftl    | cut(line, 600)        | cut(lines, 600)       | teams.json.ftl:19: ",
        "chatwork.form.ftl | ?url(\"UTF-8\")       | ''                    | chatwork.form.ftl: the template makes no form",
        "facts.ftl         | words.stage(alert)    | words.stages(alert)   | facts.ftl:11: ",
        "line-works.json.ftl | <#if alert.url != \"\"> | <#iff url>        | line-works.json.ftl:7: "})
    void aBrokenTemplateIsRefusedWithItsFile(String file, String right, String wrong, String mistake) {
        String path = Path.of("routes/channels").resolve(file).toString();
        Map<String, String> edited = new HashMap<>(files);
        assertThat(edited.get(path)).contains(right);
        edited.put(path, edited.get(path).replace(right, wrong));

        assertThatThrownBy(() -> validation.validated(edited, () -> RULES)).isInstanceOf(BrokenFile.class)
                .hasMessageStartingWith("routes/channels/" + mistake);
    }

    @Test
    void aMissingTemplateOfAChannelThatIsUsedIsNamed() {
        Map<String, String> edited = new HashMap<>(files);
        edited.remove("routes/channels/slack.json.ftl");

        assertThatThrownBy(() -> validation.validated(edited, () -> RULES)).isInstanceOf(BrokenFile.class)
                .hasMessage("routes/channels/slack.json.ftl: the file is needed, but it does not exist");
    }

    @Test
    void aTextIsCutBetweenCharacters() {
        assertThat(CutText.cut("abc", 3)).isEqualTo("abc");
        assertThat(CutText.cut("abcd", 3)).isEqualTo("ab…");
        assertThat(CutText.cut("a\uD83D\uDE00bcd", 4)).isEqualTo("a\uD83D\uDE00…");
        assertThat(CutText.cut("a\uD83D\uDE00bcd", 3)).isEqualTo("a…");
    }

    private static Stream<Alert> alerts() {
        List<Alert> alerts = new ArrayList<>(new Samples(RULES).ofChannels());
        alerts.add(hostile("\uD800 lone \uDC00 \u0000\u0001\u007F\u0085\u2028\uFFFF</script>]]>"));
        alerts.add(hostile("\uD83D\uDE00".repeat(5000)));
        return alerts.stream();
    }

    private static Alert hostile(String domain) {
        Alert.Bounce bounce = new Samples(RULES).alerts().get(0).bounces().get(0);
        return Samples.alert("sample", IncidentPhase.OPENED, List.of(new Alert.Bounce("x@" + domain, bounce.code(), bounce.cause(), false,
                "", "", "", "", "", "", domain, false)), null, null);
    }

    private static String text(Channel channel, Alert alert, String language) throws Exception {
        return templates.render(alert, channel, Channels.sampleSettings(channel), language, Long.MAX_VALUE);
    }

    private static Request request(Channel channel, String text) {
        Headers headers = new Headers();
        headers.set("Content-Type", channel.contentType());
        headers.set("x-chatworktoken", "secret");
        WebhookSignature.headers("1", Instant.EPOCH, text.getBytes(StandardCharsets.UTF_8), List.of("whsec_" + "QUJD".repeat(8)))
                .forEach(headers::set);
        String received = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return new Request("POST", PATHS.get(channel.toString()), ChatService.TEAMS_QUERY, headers, received);
    }
}
