package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * Every kind of mistake in a template and in the table of causes, saved while one application runs. Each case leaves the files as it found
 * them.
 */
@Order(1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LiveTemplatesTest {

    private final Mailbox mailbox = Mailbox.folder();
    private final Path folder = OwnProcess.folder("routes").resolve("routes");
    private final InProcess application = TestSettings.of(TestDatabase.h2(), mailbox)
            .with("alert.first-delay", "100ms", "alert.updates", "100ms", "alert.max-per-day", "1000000", "alert.max-per-hour", "1000000")
            .withRoutes(folder).startInProcess();

    @AfterAll
    void stop() {
        application.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "templates/words.ja.ftl    | <#function subject    | <#functoin subject | :49: Unknown directive: #functoin",
        "bounce-causes.json | '\"codes\": {'     | '\"codez\": {'      | : codez: unknown key",
        "bounce-causes.json | '\"enhanced\"'     | '\"enhanced'       | bounce-causes.json:",
        "bounce-causes.json | 'か「{or}」か'      | ''                | : sureness/ambiguous/ja: it must contain {cause} and {or}",
        "templates/alert.txt.ftl   | words.intro           | words.introo       |"
            + " :44: The following has evaluated to null or missing: ==> words.introo",
        "templates/alert.html.ftlh | bounce.recipient      | bounce.recipent    |"
            + " :176: The following has evaluated to null or missing: ==> bounce.recipent",
        "templates/alert.txt.ftl   | <#list alert.groups   | <#list 1.. as i>${i}</#list><#list alert.groups |"
            + " the template does not end",
        "templates/alert.txt.ftl   | <#list alert.groups   | <#macro a><@a/></#macro><@a/><#list alert.groups |"
            + " the template does not end",
        "templates/alert.txt.ftl   | <#list alert.groups   | <#list 1.. as i></#list><#list alert.groups |"
            + " :80: the template does not end",
        "templates/words.ja.ftl    | <#function subject alert> | <#function subject alert><#list 1.. as i></#list> |"
            + " :49: the template does not end",
        "templates/alert.txt.ftl   | <#list alert.groups   | <#assign a = 'a'><#list 1.. as i><#assign a += a></#list><#list alert.groups |"
            + " :80: the template does not end",
        "templates/words.en.ftl    | <#function subject    | <#functoin subject | :49: Unknown directive: #functoin"})
    void aBrokenTemplateNeverDelaysAMail(String template, String right, String wrong, String reason) throws IOException {
        // Given
        Path file = folder.resolve(template);
        String good = Files.readString(file);
        int before = application.log().length();

        // When
        Files.writeString(file, good.replace(right, wrong));

        // Then
        await().untilAsserted(() -> assertThat(logSince(before)).anySatisfy(line ->
                assertThat(line).startsWith("Not activated: " + file).contains(reason)
                        .endsWith(". The previous version keeps running.").doesNotContain("\n")));
        await().untilAsserted(() -> assertThat(application.health().body()).contains("WARNING", file.getFileName().toString()));
        assertThat(mail()).contains("ユーザ不明", "宛先不明", "判定の根拠：");

        // When
        Files.writeString(file, good);
        Path causes = folder.resolve("bounce-causes.json");
        String goodCauses = Files.readString(causes);
        Files.writeString(causes, goodCauses.replace("\"name\": \"宛先不明\"", "\"name\": \"宛先がありません\""));

        // Then
        await().until(() -> logSince(before).stream().anyMatch(line -> line.startsWith("Activated: ")
                && line.contains(causes.toString())));
        await().untilAsserted(() -> assertThat(logSince(before)).contains("Valid again: " + file));
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
        assertThat(mail()).contains("ユーザ不明", "宛先がありません");

        // The next case begins with the valid templates.
        int edited = application.log().length();
        Files.writeString(causes, goodCauses);
        await().until(() -> logSince(edited).contains("Activated: " + causes));
    }

    /** Otherwise the next start would be refused. */
    @Test
    void textsOfACauseWithWhichATemplateFailsAreNotActivated() throws IOException {
        // Given
        Path template = folder.resolve("templates/alert.txt.ftl");
        Path causes = folder.resolve("bounce-causes.json");
        String good = Files.readString(template);
        String goodCauses = Files.readString(causes);
        int before = application.log().length();
        Files.writeString(template, good.replace("<#list group.blocks", "<#if group.cause.name == '改名'>${lost}</#if><#list group.blocks"));
        await().until(() -> logSince(before).contains("Activated: " + template));

        // When
        Files.writeString(causes, goodCauses.replace("\"name\": \"宛先不明\"", "\"name\": \"改名\""));

        // Then
        await().until(() -> logSince(before).stream().anyMatch(line -> line.startsWith("Not activated: " + causes + ": with this file, "
                + template + ":") && line.contains("lost")));
        assertThat(mail()).contains("宛先不明");

        // The next case begins with the valid files.
        int edited = application.log().length();
        Files.writeString(template, good);
        Files.writeString(causes, goodCauses);
        await().until(() -> logSince(edited).contains("Activated: " + template));
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
    }

    private List<String> logSince(int position) {
        return application.log().substring(position).lines().toList();
    }

    /** The mail of a new bounce. */
    private String mail() {
        ObjectNode bounce = Payload.bounce("2");
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));
        await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
        return mailbox.naming(bounce.get("to").asText()).get(0).text();
    }
}
