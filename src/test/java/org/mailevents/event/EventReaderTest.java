package org.mailevents.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.event.Causes.Conclusion;

/** The cause of each event, by the shipped rules. The codes and their kinds are those of the vendor's contract. */
class EventReaderTest {

    private static final Causes CAUSES = ShippedCauses.causes();
    private static final EventReader READER = new EventReader(ZoneId.of("Asia/Tokyo"), CAUSES);

    /** The code, its cause and its kind, and whether the address is dead if there is no reply. */
    static Stream<Arguments> codes() {
        return Stream.of(
                Arguments.of("1", "unknown-host", "permanent, address", true),
                Arguments.of("2", "unknown-user", "permanent, address", true),
                Arguments.of("3", "timeout", "temporary", false),
                Arguments.of("4", "policy", "policy", false),
                Arguments.of("5", "mailbox-full", "temporary", false),
                Arguments.of("6", "forwarding", "not the address", false),
                Arguments.of("7", "server", "policy", false),
                Arguments.of("8", "too-large", "the message", false),
                Arguments.of("9", "bad-address", "permanent, address", true),
                Arguments.of("10", "not-attempted", "suppressed", false),
                Arguments.of("11", "not-attempted", "suppressed", false),
                Arguments.of("99", "unknown", "permanent, other", false),
                Arguments.of("42", "unknown", "unknown", false),
                Arguments.of("12345678901234567890", "unknown", "unknown", false),
                Arguments.of("two", "unknown", "unknown", false),
                Arguments.of("", "unknown", "unknown", false),
                Arguments.of(null, "unknown", "unknown", false));
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aBounceWithoutAReplyHasTheCauseOfItsCode(String code, String cause, String kind, boolean dead) throws UnstorableEvent {
        for (String reply : new String[] {null, "", " \r\n"}) {
            MailEvent bounce = read(MailEvent.BOUNCES, element(code, reply));

            assertThat(conclusion(bounce)).as("reply %s", reply).isEqualTo(new Conclusion(cause, kind, dead));
            assertThat(bounce.audience()).isNull();
        }
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aReplyThatNoRuleKnowsLeavesTheCauseToTheCodeAndMakesNoAddressDead(String code, String cause, String kind) throws UnstorableEvent {
        assertThat(conclusion(read(MailEvent.BOUNCES, element(code, "zzz")))).isEqualTo(new Conclusion(cause, kind, false));
    }

    @Test
    void aReplyThatARuleKnowsOverridesTheCodeAndItsKind() throws UnstorableEvent {
        assertThat(conclusion(read(MailEvent.BOUNCES, element("7", "452 4.2.2 Mailbox full"))))
                .isEqualTo(new Conclusion("mailbox-full", "temporary", false));
        assertThat(conclusion(read(MailEvent.BOUNCES, element("99", "550 5.1.1 User unknown"))))
                .isEqualTo(new Conclusion("unknown-user", "permanent, address", true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            550 5.1.1 User unknown | unknown-user | true
            452 4.2.2 Mailbox full | mailbox-full | false
            zzz                    | unknown      | false
                                   | unknown      | false""")
    void aFailedDeliveryHasTheCauseOfItsReplyAndNoKind(String reply, String cause, boolean dead) throws UnstorableEvent {
        assertThat(conclusion(read(MailEvent.DELIVERIES, element("failed", reply)))).isEqualTo(new Conclusion(cause, null, dead));
    }

    @ParameterizedTest
    @CsvSource({"deliveries, queued", "deliveries, succeeded", "deliveries, deferred", "deliveries, a status added later", "deliveries, 2",
        "deliveries,", "blocks, failed", "blocks, 2", "a type added later, failed"})
    void everyOtherEventHasNoCause(String eventType, String status) throws UnstorableEvent {
        assertThat(conclusion(read(eventType, element(status, "550 5.1.1 User unknown")))).isEqualTo(new Conclusion(null, null, false));
    }

    @Test
    void theHashOfARecipientKeepsTheDomainThatTheRulesNeed() throws UnstorableEvent {
        ObjectNode bounce = element("2", "550 Unknown user (in reply to end of DATA command)");

        assertThat(read(MailEvent.BOUNCES, bounce.deepCopy().put("to", "h-0123456789abcdef0123456789abcdef@docomo.ne.jp")).cause())
                .isEqualTo("recipient-filter");
        assertThat(read(MailEvent.BOUNCES, bounce).cause()).isEqualTo("unknown-user");
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aStoredBounceWithoutItsDecisionsHasTheKindOfItsCauseAgain(String code) throws UnstorableEvent {
        for (String reply : new String[] {null, "zzz", "550 5.1.1 User unknown", "421 4.3.2 Service not available"}) {
            MailEvent bounce = read(MailEvent.BOUNCES, element(code, reply));

            MailEvent undecided = READER.undecided(bounce.decided("kind of a team", "sales"));

            assertThat(conclusion(undecided)).as("reply %s", reply).isEqualTo(conclusion(bounce));
            assertThat(undecided.audience()).isNull();
        }
    }

    /** The rules have been edited since the bounce was stored. */
    @Test
    void aStoredBounceKeepsItsCauseWhateverTheRulesSayToday() throws UnstorableEvent {
        MailEvent bounce = read(MailEvent.BOUNCES, element("2", "550 5.1.1 User unknown"));
        EventReader today = new EventReader(ZoneId.of("Asia/Tokyo"), new Causes() {
            @Override
            public Conclusion decide(String reply, String recipient, String code) {
                return new Conclusion("mailbox-full", "temporary", false);
            }

            @Override
            public List<Conclusion> all() {
                return CAUSES.all();
            }

            @Override
            public List<String> codes() {
                return CAUSES.codes();
            }
        });

        assertThat(conclusion(today.undecided(bounce.decided("kind of a team", "sales")))).isEqualTo(conclusion(bounce));
    }

    @ParameterizedTest
    @ValueSource(strings = {"failed", "a status added later"})
    void aStoredDeliveryWithoutItsDecisionsHasNoKind(String status) throws UnstorableEvent {
        MailEvent delivery = read(MailEvent.DELIVERIES, element(status, "550 5.1.1 User unknown"));

        assertThat(conclusion(READER.undecided(delivery.decided("unknown", "sales")))).isEqualTo(conclusion(delivery));
    }

    private static Conclusion conclusion(MailEvent event) {
        return new Conclusion(event.cause(), event.kind(), event.dead());
    }

    private static ObjectNode element(String status, String reply) {
        return JsonNodeFactory.instance.objectNode().put("messageId", "<1@mta01.example.com>").put("to", "taro@example.net")
                .put("created", "2026-10-01 09:00:07").put("status", status).put("reason", reply);
    }

    private static MailEvent read(String eventType, ObjectNode element) throws UnstorableEvent {
        return READER.read(new WebhookFields(eventType, "pro", JsonNodeFactory.instance.objectNode()), element,
                Instant.parse("2026-10-01T00:00:08Z"));
    }
}
