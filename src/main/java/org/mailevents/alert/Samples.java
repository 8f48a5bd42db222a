package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mailevents.alert.Alert.Acknowledgement;
import org.mailevents.alert.Alert.Answered;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.alert.Alert.Count;
import org.mailevents.alert.Alert.Destination;
import org.mailevents.alert.Alert.Ending;
import org.mailevents.alert.Alert.Urgency;
import org.mailevents.alert.Figures.Share;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.Verdict;

/** Mails of every kind. Edited templates are validated with them, and the preview shows them. */
final class Samples {

    private static final Instant OPENED_AT = Instant.parse("2026-10-01T00:00:07Z");
    private static final Instant LAST_BOUNCE_AT = OPENED_AT.plus(Duration.ofMinutes(65));
    private static final String SUBJECT = "sample";
    private static final List<String> THREAD = List.of("<first@localhost>");
    private static final Figures FIGURES = new Figures(3, new Share(74, 1_530), new Share(131, 21_804), 60, 0.8, true);

    private static final Urgency OF_ALL = new Urgency("alert.rate", "5 %", null, 120, 1_530);
    private static final Urgency OF_DESTINATION = new Urgency("alert.destination-rate", "50 %", "example.net", 80, 90);
    private static final Acknowledgement ACKNOWLEDGED =
            new Acknowledgement(OPENED_AT.plus(Duration.ofMinutes(14)), "sato@shop.example.com");

    private static final List<Answered> ANSWERED = List.of(
            new Answered(OPENED_AT.plus(Duration.ofMinutes(14)), "sato@shop.example.com", "acknowledge", false, "", "", null, ""),
            new Answered(OPENED_AT.plus(Duration.ofMinutes(15)), "mori@shop.example.com", "mute", false, "spam", "example.net",
                    OPENED_AT.plus(Duration.ofDays(7)), ""),
            new Answered(OPENED_AT.plus(Duration.ofMinutes(16)), "ito@shop.example.com", "mute", false, "mailbox-full", "example.org",
                    null, ""),
            new Answered(OPENED_AT.plus(Duration.ofMinutes(17)), "ueda@shop.example.com", "less-often", true, "", "", null,
                    DigestPeriod.WEEKLY));

    private final CauseRules rules;

    /** @param rules decide the causes of the samples */
    Samples(CauseRules rules) {
        this.rules = rules;
    }

    /** The mails that the preview shows. */
    List<Alert> alerts() {
        return List.of(alert("list-owner", IncidentPhase.OPENED, List.of(noSuchUser()), null, null),
                alert("postmaster", IncidentPhase.OPENED, many(), FIGURES, OF_DESTINATION),
                alert("postmaster", IncidentPhase.UPDATE, null, ofEveryCode(), FIGURES, null, ACKNOWLEDGED),
                alert("list-owner", IncidentPhase.CLOSED, many(), FIGURES, null),
                alert("postmaster", IncidentPhase.CLOSED, Ending.TAKEN_AGAIN, many(), FIGURES, null, ACKNOWLEDGED));
    }

    /** The mails that a template must be able to show. */
    List<Mailing> all() {
        return Stream.of(alerts().stream(), DigestSamples.all(), Stream.<Mailing>of(
                alert("sample", IncidentPhase.OPENED, many(), FIGURES, OF_ALL),
                alert("sample", IncidentPhase.UPDATE, different(), FIGURES, OF_DESTINATION),
                new Alert(id(), id(), 2, IncidentPhase.CLOSED, Ending.TAKEN_AGAIN, false, "sample", LAST_BOUNCE_AT, OPENED_AT, OPENED_AT,
                        SUBJECT, THREAD, List.of(new Count(CauseTable.UNKNOWN, 3, 0)), List.of(), List.of(), null, null, null,
                        List.of()),
                notice("failed", Map.of("webhooks", 2L)),
                notice("filling", Map.of("percent", 80L)),
                unreachable("postmaster@example.com"),
                unreachable("postmaster@example.com", "list@example.com"),
                notice(Notice.REFUSED, Map.of("setting", "alert.to", "audience", "list-owner", "channel", Delivery.MAIL, "address",
                        "list@example.com", "reply", "550 5.1.1 User unknown")),
                notice(Notice.REFUSED, Map.of("setting", "alert.endpoint", "audience", "list-owner", "channel", Delivery.MAIL, "address",
                        "list@example.com", "reply", "554 5.7.1 Message refused")),
                notice("silent", Map.of("since", OPENED_AT)),
                notice("returned", Map.of("since", OPENED_AT, "until", LAST_BOUNCE_AT)))).<Mailing>flatMap(samples -> samples).toList();
    }

    /** The alerts that a template of a channel must be able to show. One of them has a destination that is not a domain. */
    List<Alert> ofChannels() {
        return Stream.concat(all().stream().filter(Alert.class::isInstance).map(Alert.class::cast),
                Stream.of(alert("sample", IncidentPhase.OPENED, List.of(noSuchUser(), bounce("x@\"\\\n\t\u0001\u2028<!channel>[toall]&"
                        + "\uD83D\uDE00".repeat(200), "2", "5.1.1", "550 5.1.1 User unknown", false)), FIGURES, OF_ALL))).toList();
    }

    private Bounce noSuchUser() {
        return bounce("hanako@example.net", "2", "5.1.1",
                "550 5.1.1 <hanako@example.net>: Recipient address rejected: User unknown", false);
    }

    /**
     * A bounce of each code, a reply that contradicts its code, a reply with two meanings, a blocklist, a code that was added later, and a
     * bounce with hardly any values.
     */
    private List<Bounce> ofEveryCode() {
        return List.of(
                bounce("taro@example.invalid", "1", "", "host unknown", false),
                noSuchUser(),
                bounce("jiro@example.net", "2", "4.2.2", "452 4.2.2 The email account that you tried to reach is over quota", true),
                bounce("michiko@example.com", "2", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied", false),
                bounce("info@example.org", "3", "4.4.1", "451 4.4.1 Connection timed out", false),
                bounce("sales@example.com", "4", "5.7.26", "550 5.7.26 This mail is unauthenticated", false),
                bounce("support@example.org", "4", "5.7.1",
                        "550 5.7.1 Service unavailable; client [192.0.2.25] blocked using zen.spamhaus.org", false),
                bounce("saburo@example.net", "5", "5.2.2", "552 5.2.2 Mailbox full", true),
                bounce("shiro@example.org", "6", "", "550 Forwarding failed", false),
                bounce("goro@example.com", "7", "5.3.5", "550 5.3.5 System incorrectly configured", false),
                bounce("rokuro@example.net", "8", "5.3.4", "552 5.3.4 Message size exceeds fixed limit", false),
                bounce("nana..ko@example.net", "9", "5.1.3", "501 5.1.3 Bad recipient address syntax", false),
                bounce("hachiro@example.net", "10", "", "", true),
                bounce("kuro@example.org", "11", "", "", true),
                bounce("juro@example.com", "99", "5.0.0", "554 5.0.0 Service unavailable", false),
                bounce("no-at-sign", "9", "5.1.3", "\"<b>${x}&amp; =1+1", false),
                new Bounce("someone@example.net", "42", CauseTable.UNKNOWN, false, "", "", "", "", "", "", "", false));
    }

    /** Many bounces at three destinations. */
    private List<Bounce> many() {
        return IntStream.rangeClosed(1, 120).mapToObj(i -> i % 3 != 0
                ? bounce("member" + i + "@example.net", "4", "5.7.1", "554 5.7.1 Message refused (id " + i + ")", false)
                : i % 4 == 0 ? bounce("member" + i + "@example.org", "5", "5.2.2", "552 5.2.2 Mailbox full", true)
                : bounce("member" + i + "@example.com", "2", "5.1.1", "550 5.1.1 <member" + i + "@example.com>: User unknown", false))
                .toList();
    }

    /** More different replies than a mail shows, with a cause that the rules do not find any more. */
    private static List<Bounce> different() {
        return IntStream.range(0, Blocks.MAX_LISTED + 10).mapToObj(i -> bounce("member" + i + "@example.net", "4", "policy", false, "5.1.1",
                "550 5.1.1 User unknown, " + (char) ('a' + i % 26) + (char) ('a' + i / 26), false)).toList();
    }

    /** An alert of an incident that has these bounces and no others. */
    static Alert alert(String audience, IncidentPhase phase, List<Bounce> bounces, Figures figures, Urgency urgency) {
        return alert(audience, phase, phase == IncidentPhase.CLOSED ? Ending.QUIET : null, bounces, figures, urgency, null);
    }

    private static Alert alert(String audience, IncidentPhase phase, Ending ending, List<Bounce> bounces, Figures figures, Urgency urgency,
            Acknowledgement acknowledged) {
        boolean first = phase == IncidentPhase.OPENED;
        Instant lastBounceAt = first ? OPENED_AT : LAST_BOUNCE_AT;
        List<Destination> destinations = counts(bounces.stream().map(bounce -> Blocks.domain(bounce.recipient()))).stream().limit(5)
                .map(domain -> new Destination(domain.what(), domain.count(), domain.news(), domain.count() + domain.count() / 8)).toList();
        return new Alert(id(), id(), first ? 1 : 2, phase, ending, bounces.size() >= 10, audience,
                lastBounceAt.plus(ending == null ? Duration.ZERO : Duration.ofMinutes(45)), OPENED_AT, lastBounceAt,
                first ? null : SUBJECT, first ? List.of() : THREAD, counts(bounces.stream().map(Bounce::cause)), destinations, bounces,
                figures, urgency, acknowledged, first ? List.of() : ANSWERED);
    }

    private static List<Count> counts(Stream<String> things) {
        return things.collect(Collectors.groupingBy(thing -> thing, Collectors.counting())).entrySet().stream()
                .map(count -> new Count(count.getKey(), count.getValue(), count.getValue()))
                .sorted((one, other) -> Long.compare(other.count(), one.count())).toList();
    }

    /** The links of a sample; null for a mail that has none. */
    static AnswerLinks answers(Mailing sample) {
        String page = "https://mail-events.example.com/answer?token=sample";
        return sample instanceof Alert alert && alert.phase() != IncidentPhase.CLOSED ? new AnswerLinks(page, page, page) : null;
    }

    private static Notice notice(String what, Map<String, Object> facts) {
        return new Notice(id(), what, facts, LAST_BOUNCE_AT);
    }

    private static Notice unreachable(String... addresses) {
        return notice("unreachable", Map.of("address", String.join(", ", addresses), "addresses", List.of(addresses),
                "reason", "550 5.1.1 User unknown"));
    }

    private static UUID id() {
        return new UUID(0, 0);
    }

    private Bounce bounce(String recipient, String code, String enhancedCode, String reason, boolean known) {
        Verdict verdict = rules.decide(new org.mailevents.cause.Bounce(reason, recipient, code, ""));
        return bounce(recipient, code, verdict.cause(), verdict.dead(), enhancedCode, reason, known);
    }

    private static Bounce bounce(String recipient, String code, String cause, boolean dead, String enhancedCode, String reason,
            boolean known) {
        return new Bounce(recipient, code, cause, dead, "2026-10-01 09:00:07", "【サンプル】秋のお知らせ", "news@shop.example.com",
                "<" + recipient.replace('@', '.') + "@mta01.example.com>", "campaign-7", enhancedCode, reason, known);
    }
}
