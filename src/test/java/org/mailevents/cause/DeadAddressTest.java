package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * To call an address dead although it is alive is the worst mistake, because nobody writes to it again. Many replies contain the words of
 * a dead address and speak of something else: of the sender, of a part of the mail, or of what a third server has said.
 */
class DeadAddressTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    private static final List<String> RECIPIENTS = List.of("a@example.com", "a@docomo.ne.jp", "a@ezweb.ne.jp", "a@softbank.ne.jp",
            "a@outlook.com", "a@gmx.net", "a@aol.com");

    /** All words that can make an address dead. */
    private static Stream<String> deadWords() {
        return RULES.rules().stream()
                .filter(rule -> rule.or().isEmpty())
                .filter(rule -> rule.dead() == null ? RULES.table().cause(rule.cause()).dead() : rule.dead())
                .flatMap(rule -> rule.when().words().stream().flatMap(words -> rule.when().also().isEmpty() ? Stream.of(words)
                        : rule.when().also().stream().map(also -> also + " " + words)))
                .map(words -> words.replace("*", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "450 4.1.7 <s@s.example>: Sender address rejected: undeliverable address: host mx.s.example[192.0.2.1] said: 550 5.1.1"
            + " <s@s.example>: {} (in reply to RCPT TO command)",
        "host mx.r.example[192.0.2.9] said: 550 5.1.7 <s@s.example>: Sender address rejected: undeliverable address: host mx.s said:"
            + " 550 5.1.1 <s@s.example>: {} (in reply to RCPT TO command) (in reply to RCPT TO command)",
        "<s@s.example>: Sender address rejected: unverified address: host mx.s.example said: 550 {} (in reply to RCPT TO command)",
        "550-Verification failed for <s@s.example>\n550-Called:   192.0.2.1\n550-Sent:     RCPT TO:<s@s.example>\n550-Response:"
            + " 550 5.1.1 {}\n550 Sender verify failed",
        "550-Postmaster verification failed while checking <s@s.example> 550-Response: 550 5.1.1 {}",
        "550-Callback setup failed while verifying <s@s.example>\n550 {}",
        "550 5.1.1 <s@s.example>: {} (in reply to MAIL FROM command)",
        "550 {} (in reply to EHLO command)",
        "550 5.1.1 Sender: {}",
        "553 5.1.8 Envelope-From: {}",
        "550 Return-Path {}",
        "550 From header: {}",
        "550 MAIL FROM:<s@s.example> {}",
        "554 5.7.1 Forbidden words in the message header: {}",
        "554 Content filter: {}",
        "550 Subject: {}",
        "535 5.7.8 Authentication failed: {}",
        "550 Greylisted ({}), try again later",
        "550 SPF: {}",
        "550 5.7.1 Access denied by policy: {}",
        "552 5.2.2 Mailbox full: {}",
        "550 Forwarding to b@other.example failed: {}",
        "550 The list takes no mail of non-members: {}",
        "550 Connection timed out: {}",
        "554 Your IP address is blocked after many attempts: {}"})
    void aReplyThatSpeaksOfSomethingElseKillsNoAddress(String reply) {
        assertThat(deadWords()).hasSizeGreaterThan(300);
        for (String to : RECIPIENTS) {
            assertThat(deadWords().map(words -> reply.replace("{}", words))
                    .filter(said -> RULES.decide(new Bounce(said, to, "2", "")).dead())).as(to).isEmpty();
        }
    }

    /** What a reply that is about the sender or the mail means for its cause. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `450 4.1.7 <s@s.example>: Sender address rejected: undeliverable address: host mx said: 550 <s@s.example>: No user` | policy
            `550-Verification failed for <s@s.example> 550-Response: 550 User unknown 550 Sender verify failed`               | policy
            `550-Postmaster verification failed while checking <s@s.example> 550-Response: 550 User unknown`                  | policy
            `550 5.1.0 <s@s.example>: User unknown (in reply to MAIL FROM command)`                                           | policy
            `550 5.7.1 <a@example.com>: Recipient address rejected: User disabled`                                            | suspended
            `501 5.5.4 Syntax error in parameters or arguments`                                                               | bad-address
            """)
    void itHasACauseThatIsNotTheRecipients(String reply, String cause) {
        Verdict verdict = RULES.decide(new Bounce(reply, "a@example.com", "2", ""));

        assertThat(verdict.cause()).isEqualTo(cause);
        assertThat(verdict.dead()).isFalse();
    }

    /** A server may ask a second server about the recipient before it answers. */
    @ParameterizedTest
    @ValueSource(strings = {
        "host mx.r.example[192.0.2.9] said: 550 5.1.1 <a@example.com>: Recipient address rejected: undeliverable address: host"
            + " store.r.example[192.0.2.8] said: 550 5.1.1 <a@example.com>: User unknown (in reply to RCPT TO command)",
        "<a@example.com>: host mx.r.example[192.0.2.9] said: 550 5.1.1 User unknown in relay recipient table (in reply to RCPT TO command)",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for"
            + " typos or unnecessary spaces. For more information, go to https://support.google.com/mail/?p=NoSuchUser"})
    void aReplyThatSpeaksOfTheRecipientDoes(String reply) {
        assertThat(RULES.decide(new Bounce(reply, "a@example.com", "2", "")).dead()).isTrue();
    }
}
