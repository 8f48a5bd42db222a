package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replies whose words point at a second cause. No server publishes them in exactly these words: the rules must not depend on one text. */
class ReplyWordsTest {

    private static final CauseRules RULES = ShippedCauses.rules();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `450 4.7.1 <b@r.example>: Recipient address rejected: ERS-DUL`                        | reputation
            `550 we do not allow this message here`                                               | policy
            `552 message is larger than the space left in the mailbox`                            | mailbox-full
            `552 5.2.2 Message would exceed the remaining quota of the mailbox`                   | mailbox-full
            `554 Relay denied (Virusgateway 4.1)`                                                 | relay
            `550 this host no longer relays mail for r.example`                                   | relay
            `550 Service refuse. LPN007_510`                                                      | policy
            `550 5.7.1 Email contains unsafe content (Sanesecurity.Junk.123)`                     | content
            `550 Domain may not exist, or the DNS check failed`                                   | authentication
            `501 5.1.8 The domain must resolve`                                                   | authentication
            `550 5.7.1 policy of the sender's domain prohibits this mail`                         | authentication
            `554 HL:IHU 163 smtp`                                                                 | reputation
            `421 HL:IFC 163 smtp`                                                                 | rate-limit
            `451 MI:SFQ 163 smtp`                                                                 | rate-limit
            `550 RP:FRL 163 smtp`                                                                 | relay
            `550 sender is on the user's reject list`                                             | recipient-filter
            `550 This user has rejected your mail`                                                | recipient-filter
            `550 The recipient does not want mail from you`                                       | recipient-filter
            `550 you are on this recipient's spam blacklist; the recipient doesn't want your mail` | recipient-filter
            `450 you have sent too many e-mails in the last hour`                                 | rate-limit
            `554 Your access to this mail system has been rejected`                               | reputation
            `571 Email from 192.0.2.5 is currently blocked by our anti-spam system`               | reputation
            `554 5.7.1 Mail refused - Address 192.0.2.5`                                          | reputation
            `550 ip 192.0.2.5 is in prison`                                                       | reputation
            `550 5.7.1 RESOLVER.RST.AuthenticationRequired`                                       | policy
            `451 4.2.0 STOREDRV; there is no MDB for this mailbox`                                | server
            `550 cannot accept user`                                                              | unknown-user
            `550 <a@r.example> is not used`                                                       | unknown-user
            `450 4.2.0 come back, please...Greylisting is active`                                 | rate-limit
            `192.0.2.5 does not like recipient. Remote host said: 554 virus found Giving up on 192.0.2.5.` | content
            `Connected to 192.0.2.5 but my name was rejected. Remote host said: 501 Invalid domain name` | policy
            `550 the destination mail system rejected your return address: user unknown`          | policy
            `554 rejecting banned attachment`                                                     | content
            `a@r.exampleのメールボックスは一杯です`                                                | mailbox-full
            `https://r.example/helpをご覧ください。添付ファイルは受け取れません`                  | content
            `SPFの検証に失敗したため、受け取れません`                                             | authentication
            `送信者認証に失敗しました`                                                           | authentication
            `サーバーが混み合っています`                                                         | server
            `このアドレスは現在使われておりません`                                               | unknown-user
            `550 The account has been closed`                                                     | suspended
            `554 Service unavailable; Client host [mta.example.com] blocked by bl.barracudacentral.org` | reputation
            """)
    void theCauseIsTheOneThatTheWholeReplyMeans(String reply, String cause) {
        Verdict verdict = RULES.decide(new Bounce(reply, "a@r.example", "99", ""));

        assertThat(verdict.cause()).as("%s", verdict.rule()).isEqualTo(cause);
        assertThat(verdict.dead()).isEqualTo(reply.matches(".*(is not used|使われておりません)"));
    }
}
