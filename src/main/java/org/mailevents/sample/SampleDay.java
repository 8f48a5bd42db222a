package org.mailevents.sample;

import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A day of mail of a shop that does not exist: since the beginning of this hour a day ago. All of it follows from the second in which it ends,
 * Message-IDs and addresses too: another run is another day's worth. All domains are reserved for examples (RFC 2606, and example.jp by JPRS).
 */
final class SampleDay {

    /** Her order confirmation was deferred twice. */
    static final String DEFERRED = "hanako@example.jp";
    /** Does not exist, and is no longer tried by the second mail. */
    static final String BOUNCED = "nobody@example.net";

    /** Besides the newsletters, by the hour of the shop's clock: few by night, most in the evening. */
    private static final int[] MAILS_PER_HOUR = {14, 8, 5, 3, 3, 5, 10, 18, 28, 38, 46, 44, 52, 46, 40, 40, 42, 46, 52, 58, 66, 70, 54, 30};

    /** A kind of mail; the number is that of the order. */
    private record Letter(String sender, String subject, String apiData) {
    }

    private static final Letter ORDER = new Letter("order", "【サンプル商店】ご注文ありがとうございます（注文番号：%d）", "order-%d");
    private static final Letter SHIPPING = new Letter("order", "【サンプル商店】商品発送のお知らせ（注文番号：%d）", "order-%d");
    private static final Letter WELCOME = new Letter("account", "【サンプル商店】会員登録ありがとうございます", "");
    private static final Letter PASSWORD = new Letter("account", "【サンプル商店】パスワード再設定のご案内", "");
    private static final List<Letter> LETTERS = List.of(ORDER, SHIPPING, ORDER, SHIPPING, WELCOME, PASSWORD);

    /** A newsletter goes out within a quarter of an hour. */
    private record Newsletter(int hour, int mails, String subject) {

        Letter letter(LocalDate day) {
            return new Letter("news", subject, "newsletter-" + DateTimeFormatter.BASIC_ISO_DATE.format(day) + "-" + hour);
        }
    }

    private static final List<Newsletter> NEWSLETTERS = List.of(new Newsletter(10, 640, "【サンプル商店】今週のおすすめ商品をご紹介します"),
            new Newsletter(18, 540, "【サンプル商店】本日限り！全品ポイント5倍キャンペーン"));

    /** Where the customers read their mail; what is named more often has more of them. */
    private static final List<String> DOMAINS = List.of("mail.example", "mail.example", "mail.example", "mail.example", "keitai.example", "keitai.example",
            "keitai.example", "webmail.example", "webmail.example", "provider.example", "provider.example", "office.example", "example.com", "example.jp");
    private static final List<String> FAMILIES = List.of("sato", "suzuki", "takahashi", "tanaka", "ito", "watanabe", "yamamoto", "nakamura", "kobayashi",
            "kato", "yoshida", "yamada", "sasaki", "matsumoto", "inoue", "kimura", "hayashi", "shimizu", "mori", "abe");
    private static final List<String> NAMES = List.of("haruto", "yuto", "sota", "ren", "takashi", "hiroshi", "kenji", "makoto", "daiki", "shun",
            "yui", "sakura", "aoi", "mei", "yoko", "keiko", "naomi", "akiko", "mayumi", "emi");

    private static final String TIMED_OUT = "delivery temporarily suspended: connect to mx.old-portal.example[203.0.113.25]:25: Connection timed out";

    /** What the destinations of mail that is taken later say at first. */
    private static final List<String> DEFERRALS = List.of("451 4.7.1 Greylisted, please try again later",
            "421 4.7.28 Our system has detected an unusual rate of mail from your IP address. Please slow down",
            "450 4.2.0 <%s>: Recipient address rejected: Greylisted", "451 4.3.2 Please try again later", "421 4.4.2 Connection timed out");

    /** How a mail comes to bounce. */
    private enum Way {
        /** The destination's server says no: a delivery with the status failed, and a bounce. */
        REFUSED,
        /** Customers Mail Cloud itself says no: a bounce alone. */
        NOT_ATTEMPTED,
        /** Deferred again and again, until it is given up. */
        GIVEN_UP
    }

    /** Bounces of one cause; {@code %s} is the name of the customer in the address, and the address in the reason. */
    private record Cause(int bounces, String code, Way way, String to, String reason) {
    }

    /** Most addresses do not exist; a portal that has closed down has far more of them than its share. */
    private static final List<Cause> CAUSES = List.of(
            new Cause(20, "2", Way.REFUSED, "%s@old-portal.example", "550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table"),
            new Cause(6, "2", Way.REFUSED, "%s@keitai.example", "550 Unknown user %s"),
            new Cause(5, "2", Way.REFUSED, "%s@mail.example", "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking"
                    + " the recipient's email address for typos or unnecessary spaces. See <https://support.mail.example/?p=NoSuchUser> (in reply to RCPT TO)"),
            new Cause(3, "2", Way.REFUSED, "%s@provider.example", "550 5.1.1 <%s>... User unknown"),
            new Cause(5, "5", Way.REFUSED, "%s@mail.example", "552 5.2.2 The email account that you tried to reach is over quota and inactive"),
            new Cause(4, "5", Way.REFUSED, "%s@provider.example", "552 5.2.2 <%s>... Mailbox full"),
            new Cause(5, "4", Way.REFUSED, "%s@webmail.example", "554 5.7.1 Message not accepted for policy reasons. See <https://postmaster.webmail.example/errors>"),
            new Cause(3, "4", Way.REFUSED, "%s@keitai.example", "550 5.7.1 <%s>: Rejected by the recipient's settings for unsolicited mail"),
            new Cause(1, "4", Way.REFUSED, "%s@office.example", "554 5.7.1 Service unavailable; client host [198.51.100.7] blocked using bl.example"),
            new Cause(4, "3", Way.GIVEN_UP, "%s@old-portal.example", TIMED_OUT),
            new Cause(5, "1", Way.NOT_ATTEMPTED, "%s@keitia.example", "host unknown"),
            new Cause(6, "10", Way.NOT_ATTEMPTED, "%s@old-portal.example", ""),
            new Cause(1, "11", Way.NOT_ATTEMPTED, "%s@webmail.example", ""),
            new Cause(2, "99", Way.REFUSED, "%s@office.example", "554 5.0.0 Service unavailable"),
            new Cause(1, "6", Way.REFUSED, "%s@provider.example", "550 5.1.1 forwarding address unknown"),
            new Cause(1, "7", Way.REFUSED, "%s@office.example", "554 5.3.5 Local configuration error: mail loops back to myself"),
            new Cause(1, "8", Way.REFUSED, "%s@keitai.example", "552 5.3.4 Message size exceeds fixed maximum message size"),
            // some phones of old have a dot there
            new Cause(1, "9", Way.NOT_ATTEMPTED, "%s.@keitai.example", "501 5.1.3 Bad recipient address syntax"));

    /** One in so many mails bounces, and one is deferred. */
    private static final int ONE_IN = 26;

    private final Random random;
    private final ZonedDateTime now;
    private final String run;
    private final Iterator<Cause> causes;
    private final List<SampleEvent> events = new ArrayList<>();
    private final SampleMessage deferred;
    private final SampleMessage bounced;
    private int messages;

    /** @param now when the day ends, in the zone of {@code created} */
    SampleDay(ZonedDateTime now) {
        this.now = now.truncatedTo(ChronoUnit.SECONDS);
        run = DateTimeFormatter.ofPattern("uuuuMMddHHmmss").format(now);
        random = new Random(now.toEpochSecond());
        List<Cause> shuffled = new ArrayList<>(CAUSES.stream().flatMap(cause -> Collections.nCopies(cause.bounces(), cause).stream()).toList());
        Collections.shuffle(shuffled, random);
        causes = shuffled.iterator();
        deferred = message(this.now.minusHours(6), ORDER, DEFERRED);
        bounced = message(this.now.minusHours(5), WELCOME, BOUNCED);
        known();
        ZonedDateTime last = this.now.truncatedTo(ChronoUnit.HOURS);
        for (ZonedDateTime hour = last.minusDays(1); !hour.isAfter(last); hour = hour.plusHours(1)) {
            send(hour, 60 * 60, MAILS_PER_HOUR[hour.getHour()], LETTERS);
            if (hour.isBefore(last)) {
                sendNewsletters(hour);
            }
        }
        events.removeIf(event -> event.at().isAfter(this.now));
        events.sort(Comparator.comparing(SampleEvent::at));
    }

    /** What happened, in the order of time. */
    List<SampleEvent> events() {
        return events;
    }

    /** The one to {@link #DEFERRED}. */
    SampleMessage deferred() {
        return deferred;
    }

    /** The first one to {@link #BOUNCED}. */
    SampleMessage bounced() {
        return bounced;
    }

    /** All events in the order of time, each hour's in webhooks of its own; besides them an event without a Message-ID, in the first webhook. */
    List<SampleWebhook> webhooks() {
        record Part(ZonedDateTime hour, String eventType) {
        }
        Map<Part, List<SampleEvent>> parts = new LinkedHashMap<>();
        for (SampleEvent event : events) {
            parts.computeIfAbsent(new Part(event.at().truncatedTo(ChronoUnit.HOURS), event.eventType()), part -> new ArrayList<>()).add(event);
        }
        parts.values().iterator().next().add(0, withoutMessageId(events.get(0)));
        return parts.entrySet().stream().flatMap(part -> webhooks(part.getKey().eventType(), part.getValue())).toList();
    }

    private static Stream<SampleWebhook> webhooks(String eventType, List<SampleEvent> events) {
        return IntStream.iterate(0, from -> from < events.size(), from -> from + SampleWebhook.MAX_EVENTS)
                .mapToObj(from -> new SampleWebhook(eventType, events.subList(from, Math.min(from + SampleWebhook.MAX_EVENTS, events.size()))));
    }

    private static SampleEvent withoutMessageId(SampleEvent event) {
        Map<String, String> element = new HashMap<>(event.element());
        element.put("messageId", "");
        return new SampleEvent(event.eventType(), event.at(), element);
    }

    /** What the two addresses that one is told to look for have been through. */
    private void known() {
        Collections.addAll(events, deferred.queued(), deferred.delivery(2, "deferred", "451 4.7.1 Greylisted, please try again later"),
                deferred.delivery(302, "deferred", "451 4.7.1 Greylisted, please try again later"), deferred.delivery(1_205, "succeeded", ""));
        SampleMessage shipping = message(now.minusHours(2), SHIPPING, DEFERRED);
        Collections.addAll(events, shipping.queued(), shipping.delivery(2, "succeeded", ""));
        String reason = "550 5.1.1 <" + BOUNCED + ">: Recipient address rejected: User unknown";
        Collections.addAll(events, bounced.queued(), bounced.delivery(1, "failed", reason), bounced.bounce(2, "2", reason));
        SampleMessage password = message(now.minusHours(3), PASSWORD, BOUNCED);
        Collections.addAll(events, password.queued(), password.block(1, "2"), password.bounce(1, "10", ""));
    }

    private void sendNewsletters(ZonedDateTime hour) {
        NEWSLETTERS.stream().filter(newsletter -> newsletter.hour() == hour.getHour())
                .forEach(newsletter -> send(hour, 15 * 60, newsletter.mails(), List.of(newsletter.letter(hour.toLocalDate()))));
    }

    private void send(ZonedDateTime from, int seconds, int mails, List<Letter> letters) {
        for (int i = 0; i < mails; i++) {
            ZonedDateTime at = from.plusSeconds(random.nextInt(seconds));
            Letter letter = oneOf(letters);
            switch (messages % ONE_IN) {
                case 7 -> defer(message(at, letter, customer() + "@" + oneOf(DOMAINS)));
                case 20 -> bounce(at, letter);
                default -> deliver(message(at, letter, customer() + "@" + oneOf(DOMAINS)));
            }
        }
    }

    private void deliver(SampleMessage message) {
        Collections.addAll(events, message.queued(), message.delivery(1 + random.nextInt(4), "succeeded", ""));
    }

    private void defer(SampleMessage message) {
        Collections.addAll(events, message.queued(), message.delivery(1 + random.nextInt(4), "deferred", oneOf(DEFERRALS).formatted(message.to())),
                message.delivery(300 + random.nextInt(2_400), "succeeded", ""));
    }

    /** Where all causes have had their bounces, old-portal.example takes some mail too. */
    private void bounce(ZonedDateTime at, Letter letter) {
        if (!causes.hasNext()) {
            deliver(message(at, letter, customer() + "@old-portal.example"));
            return;
        }
        Cause cause = causes.next();
        SampleMessage message = message(at, letter, cause.to().formatted(customer()));
        String reason = cause.reason().formatted(message.to());
        events.add(message.queued());
        switch (cause.way()) {
            case REFUSED -> Collections.addAll(events, message.delivery(1, "failed", reason), message.bounce(2, cause.code(), reason));
            case NOT_ATTEMPTED -> events.add(message.bounce(1, cause.code(), reason));
            case GIVEN_UP -> Collections.addAll(events, message.delivery(31, "deferred", reason), message.delivery(1_831, "deferred", reason),
                    message.delivery(5_431, "deferred", reason), message.bounce(9_031, cause.code(), reason));
        }
        if (cause.code().equals("10")) {
            events.add(message.block(1, "2"));
        }
    }

    private SampleMessage message(ZonedDateTime at, Letter letter, String to) {
        int order = 104_000 + ++messages;
        return new SampleMessage("<" + run + "." + messages + "@mta01.shop.example.jp>", at, letter.sender() + "@shop.example.jp", to,
                letter.subject().formatted(order), letter.apiData().formatted(order));
    }

    private String customer() {
        return oneOf(NAMES) + "." + oneOf(FAMILIES) + random.nextInt(100);
    }

    private <T> T oneOf(List<T> things) {
        return things.get(random.nextInt(things.size()));
    }
}
