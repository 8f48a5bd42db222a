package org.mailevents.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.impl.DefaultCamelContext;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.settings.Settings;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.TestDatabase;

/** Only a link that this installation has signed permits something, and only what it was signed for. */
class SignedLinksTest {

    private static final Instant MADE_AT = Instant.parse("2026-11-01T00:00:00Z");
    private static final String START = "https://mail-events.example.com/answer?token=";

    private final SimulatedClock clock = new SimulatedClock(MADE_AT);
    private final UUID delivery = UUID.randomUUID();
    private final SignedLinks links = links("a key of the test", null);

    private SignedLinks links(String key, Jdbi jdbi) {
        DefaultCamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().addOverrideProperty("console.url", "https://mail-events.example.com/");
        context.getPropertiesComponent().addOverrideProperty("alert.link-key", key);
        return SignedLinks.of(new Settings(context), jdbi, clock).orElseThrow();
    }

    private String token(Act act) {
        String url = links.url(act, delivery, MADE_AT);
        assertThat(url).startsWith(START);
        return url.substring(START.length());
    }

    @ParameterizedTest
    @EnumSource
    void aLinkNamesItsActAndItsDelivery(Act act) {
        assertThat(links.read(token(act))).contains(new Link(act, delivery, MADE_AT.plus(Duration.ofDays(30))));
        assertThat(token(act)).matches("[\\w.-]+").hasSizeLessThan(100);
    }

    @Test
    void aLinkOfAnyOtherTextIsForged() {
        String token = token(Act.MUTE);
        Stream<String> changed = IntStream.range(0, token.length()).boxed().flatMap(place -> Stream.of('A', 'B', '_', '.')
                .filter(sign -> sign != token.charAt(place)).map(sign -> token.substring(0, place) + sign + token.substring(place + 1)));
        Stream<String> cut = IntStream.range(0, token.length()).mapToObj(length -> token.substring(0, length));

        assertThat(Stream.concat(changed, cut)).allSatisfy(forged -> assertThat(links.read(forged)).as(forged).isEmpty());
        assertThat(links.read(token + "=")).isEmpty();
        assertThat(links.read(token + ".")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a.b", "%00", "\u3042.\u3042"})
    void whatIsNoTokenPermitsNothing(String text) {
        assertThat(links.read(text)).isEmpty();
    }

    @Test
    void aLinkOfAnotherKeyIsForged() {
        assertThat(links("a key of others", null).read(token(Act.MUTE))).isEmpty();
    }

    @Test
    void aLinkExpiresThirtyDaysAfterItsMail() {
        String token = token(Act.ACKNOWLEDGE);
        clock.moveOn(Duration.ofDays(30).minusSeconds(1));
        assertThat(links.read(token)).isPresent();
        clock.moveOn(Duration.ofSeconds(1));
        assertThat(links.read(token)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void withoutASettingAllProcessesHaveTheSameKey(String kind) {
        TestDatabase database = kind.equals("H2") ? TestDatabase.h2() : TestDatabase.postgres();
        Jdbi jdbi = Jdbi.create(database.url() + (kind.equals("H2") ? ";MODE=PostgreSQL" : ""), database.username(), database.password());
        database.execute("CREATE TABLE link_key (purpose varchar PRIMARY KEY, secret varchar NOT NULL)");

        String url = IntStream.range(0, 4).parallel().mapToObj(process -> links("", jdbi).url(Act.MUTE, delivery, MADE_AT)).distinct()
                .reduce((one, other) -> one + " and " + other).orElseThrow();

        assertThat(url).doesNotContain(" and ");
        assertThat(links("", jdbi).read(url.substring(START.length()))).isPresent();
        assertThat(database.rows("SELECT secret FROM link_key")).singleElement()
                .satisfies(row -> assertThat(row.get("secret")).matches("[0-9a-f]{64}"));
    }
}
