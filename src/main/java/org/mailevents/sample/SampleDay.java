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
 * A day of mail of a shop that does not exist. The day begins 24 hours before the current hour and ends now. The second in which it ends
 * determines everything, including Message-IDs and addresses, so that a second run makes different events. All domains are reserved for
 * examples (RFC 2606; example.jp by JPRS).
 */
final class SampleDay {

    /** The recipient of an order confirmation that was deferred twice. */
    static final String DEFERRED = "hanako@example.jp";
    /** An address that does not exist. The first mail bounces; the vendor does not try to deliver the second mail. */
    static final String BOUNCED = "nobody@example.net";

    /** Mails without newsletters, by hour of the day in the shop's time zone: few at night, most in the evening. */
    private static final int[] MAILS_PER_HOUR = {14, 8, 5, 3, 3, 5, 10, 18, 28, 38, 46, 44, 52, 46, 40, 40, 42, 46, 52, 58, 66, 70, 54, 30};

    /** A kind of mail; {@code %d} is the number of the order. */
    private record Letter(String sender, String subject, String apiData) {
    }

    private static final Letter ORDER = new Letter("order", "【サンプル商店】ご注文ありがとうございます（注文番号：%d）", "order-%d");
    private static final Letter SHIPPING = new Letter("order", "【サンプル商店】商品発送のお知らせ（注文番号：%d）", "order-%d");
    private static final Letter WELCOME = new Letter("account", "【サンプル商店】会員登録ありがとうございます", "");
    private static final Letter PASSWORD = new Letter("account", "【サンプル商店】パスワード再設定のご案内", "");
    private static final List<Letter> LETTERS = List.of(ORDER, SHIPPING, ORDER, SHIPPING, WELCOME, PASSWORD);

    /** A newsletter that is sent every day within a quarter of an hour. */
    private record Newsletter(int hour, int mails, String subject) {

        Letter letter(LocalDate day) {
            return new Letter("news", subject, "newsletter-" + DateTimeFormatter.BASIC_ISO_DATE.format(day) + "-" + hour);
        }
    }

    private static final List<Newsletter> NEWSLETTERS = List.of(new Newsletter(10, 640, "【サンプル商店】今週のおすすめ商品をご紹介します"),
            new Newsletter(18, 540, "【サンプル商店】本日限り！全品ポイント5倍キャンペーン"));

    /** The domains of the customers' addresses. A domain that stands here more often has more customers. */
    private static final List<String> DOMAINS = List.of("mail.example", "mail.example", "mail.example", "mail.example",
            "keitai.example", "keitai.example", "keitai.example", "webmail.example", "webmail.example", "provider.example",
            "provider.example", "office.example", "example.com", "example.jp");
    private static final List<String> FAMILIES = List.of("sato", "suzuki", "takahashi", "tanaka", "ito", "watanabe", "yamamoto",
            "nakamura", "kobayashi", "kato", "yoshida", "yamada", "sasaki", "matsumoto", "inoue", "kimura", "hayashi", "shimizu",
            "mori", "abe");
    private static final List<String> NAMES = List.of("haruto", "yuto", "sota", "ren", "takashi", "hiroshi", "kenji", "makoto", "daiki",
            "shun", "yui", "sakura", "aoi", "mei", "yoko", "keiko", "naomi", "akiko", "mayumi", "emi");

    private static final String TIMED_OUT =
            "delivery temporarily suspended: connect to mx.old-portal.example[203.0.113.25]:25: Connection timed out";

    /** The first replies of servers that accept a mail later. */
    private static final List<String> DEFERRALS = List.of("451 4.7.1 Greylisted, please try again later",
            "421 4.7.28 Our system has detected an unusual rate of mail from your IP address. Please slow down",
            "450 4.2.0 <%s>: Recipient address rejected: Greylisted", "451 4.3.2 Please try again later", "421 4.4.2 Connection timed out");

    /** How a mail bounces. */
    private enum Way {
        /** The receiving server refuses the mail: a delivery with the status failed, and a bounce. */
        REFUSED,
        /** Customers Mail Cloud does not try to deliver the mail: only a bounce. */
        NOT_ATTEMPTED,
        /** The mail is deferred several times, and then the vendor gives up. */
        GIVEN_UP
    }

    /** Bounces of one cause; {@code %s} is the customer's name in the address, and the address in the reason. */
    private record Cause(int bounces, String code, Way way, String to, String reason) {
    }

    /** Most bounces are about addresses that do not exist. Many of these addresses belong to a portal that has closed. */
    private static final List<Cause> CAUSES = List.of(
            new Cause(20, "2", Way.REFUSED, "%s@old-portal.example",
                    "550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table"),
            new Cause(6, "2", Way.REFUSED, "%s@keitai.example", "550 Unknown user %s"),
            new Cause(5, "2", Way.REFUSED, "%s@mail.example",
                    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking"
                    + " the recipient's email address for typos or unnecessary spaces. See <https://support.mail.example/?p=NoSuchUser>"
                    + " (in reply to RCPT TO)"),
            new Cause(3, "2", Way.REFUSED, "%s@provider.example", "550 5.1.1 <%s>... User unknown"),
            new Cause(5, "5", Way.REFUSED, "%s@mail.example",
                    "552 5.2.2 The email account that you tried to reach is over quota and inactive"),
            new Cause(4, "5", Way.REFUSED, "%s@provider.example", "552 5.2.2 <%s>... Mailbox full"),
            new Cause(1, "2", Way.REFUSED, "%s@provider.example", "550 5.2.1 <%s>: Recipient address rejected: mailbox disabled"),
            new Cause(3, "4", Way.REFUSED, "%s@webmail.example",
                    "554 5.7.1 Message not accepted for policy reasons. See <https://postmaster.webmail.example/errors>"),
            new Cause(2, "4", Way.REFUSED, "%s@mail.example",
                    "550 5.7.26 This mail has been blocked because the sender is unauthenticated. mail.example requires all senders to"
                    + " authenticate with either SPF or DKIM"),
            new Cause(1, "4", Way.REFUSED, "%s@office.example", "554 5.7.1 The message was rejected because it was identified as spam"),
            new Cause(3, "4", Way.REFUSED, "%s@keitai.example",
                    "550 5.7.1 <%s>: Rejected by the recipient's settings for unsolicited mail"),
            new Cause(1, "4", Way.REFUSED, "%s@office.example",
                    "554 5.7.1 Service unavailable; client host [198.51.100.7] blocked using bl.example"),
            new Cause(4, "3", Way.GIVEN_UP, "%s@old-portal.example", TIMED_OUT),
            new Cause(5, "1", Way.NOT_ATTEMPTED, "%s@keitia.example", "host unknown"),
            new Cause(6, "10", Way.NOT_ATTEMPTED, "%s@old-portal.example", ""),
            new Cause(1, "11", Way.NOT_ATTEMPTED, "%s@webmail.example", ""),
            new Cause(2, "99", Way.REFUSED, "%s@office.example", "554 5.0.0 Service unavailable"),
            new Cause(1, "6", Way.REFUSED, "%s@provider.example", "550 5.1.1 forwarding address unknown"),
            new Cause(1, "7", Way.REFUSED, "%s@office.example", "554 5.3.5 Local configuration error: mail loops back to myself"),
            new Cause(1, "8", Way.REFUSED, "%s@keitai.example", "552 5.3.4 Message size exceeds fixed maximum message size"),
            // old mobile phone addresses have a dot there
            new Cause(1, "9", Way.NOT_ATTEMPTED, "%s.@keitai.example", "501 5.1.3 Bad recipient address syntax"));

    /** Of this many mails in a row, one bounces and one is deferred. */
    private static final int CYCLE = 26;

    private final Random random;
    private final ZonedDateTime now;
    private final String run;
    private final Iterator<Cause> causes;
    private final List<SampleEvent> events = new ArrayList<>();
    private final SampleMessage deferred;
    private final SampleMessage bounced;
    private int messages;

    /** @param now when the day ends, in the time zone of the vendor's field {@code created} */
    SampleDay(ZonedDateTime now) {
        this.now = now.truncatedTo(ChronoUnit.SECONDS);
        run = DateTimeFormatter.ofPattern("uuuuMMddHHmmss").format(now);
        random = new Random(now.toEpochSecond());
        List<Cause> shuffled = new ArrayList<>();
        CAUSES.forEach(cause -> shuffled.addAll(Collections.nCopies(cause.bounces(), cause)));
        Collections.shuffle(shuffled, random);
        causes = shuffled.iterator();
        deferred = message(this.now.minusHours(6), ORDER, DEFERRED);
        bounced = message(this.now.minusHours(5), WELCOME, BOUNCED);
        addKnownMessages();
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

    /** All events, the oldest first. */
    List<SampleEvent> events() {
        return events;
    }

    /** The deferred message to {@link #DEFERRED}. */
    SampleMessage deferred() {
        return deferred;
    }

    /** The first message to {@link #BOUNCED}. */
    SampleMessage bounced() {
        return bounced;
    }

    /** All events, the oldest first, with separate webhooks for each hour. The first webhook has one more event, without a Message-ID. */
    List<SampleWebhook> webhooks() {
        record Part(ZonedDateTime hour, String eventType) {
        }
        Map<Part, List<SampleEvent>> parts = new LinkedHashMap<>();
        for (SampleEvent event : events) {
            parts.computeIfAbsent(new Part(event.at().truncatedTo(ChronoUnit.HOURS), event.eventType()), part -> new ArrayList<>())
                    .add(event);
        }
        parts.values().iterator().next().add(0, withoutMessageId(events.get(0)));
        return parts.entrySet().stream().flatMap(part -> webhooks(part.getKey().eventType(), part.getValue())).toList();
    }

    private static Stream<SampleWebhook> webhooks(String eventType, List<SampleEvent> events) {
        return IntStream.iterate(0, from -> from < events.size(), from -> from + SampleWebhook.MAX_EVENTS)
                .mapToObj(from -> new SampleWebhook(eventType,
                        events.subList(from, Math.min(from + SampleWebhook.MAX_EVENTS, events.size()))));
    }

    private static SampleEvent withoutMessageId(SampleEvent event) {
        Map<String, String> element = new HashMap<>(event.element());
        element.put("messageId", "");
        return new SampleEvent(event.eventType(), event.at(), element);
    }

    /** The events of the two addresses that the command's output tells the user to search for. */
    private void addKnownMessages() {
        Collections.addAll(events, deferred.queued(), deferred.delivery(2, "deferred", "451 4.7.1 Greylisted, please try again later"),
                deferred.delivery(302, "deferred", "451 4.7.1 Greylisted, please try again later"),
                deferred.delivery(1_205, "succeeded", ""));
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
            switch (messages % CYCLE) {
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
        Collections.addAll(events, message.queued(),
                message.delivery(1 + random.nextInt(4), "deferred", oneOf(DEFERRALS).formatted(message.to())),
                message.delivery(300 + random.nextInt(2_400), "succeeded", ""));
    }

    /** When all bounces are used up, the mail is delivered to old-portal.example instead. */
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
            case GIVEN_UP -> Collections.addAll(events, message.delivery(31, "deferred", reason),
                    message.delivery(1_831, "deferred", reason),
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
