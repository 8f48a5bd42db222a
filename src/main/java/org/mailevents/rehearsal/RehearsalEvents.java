package org.mailevents.rehearsal;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.mailevents.event.Causes;
import org.mailevents.event.Causes.Conclusion;
import org.mailevents.event.MailEvent;

/** One event of each status, code and cause, to find a mistake in routes before a real event meets it. */
public final class RehearsalEvents {

    /** The last status is not the vendor's. It stands for those that the vendor may add, as the new code does. */
    private static final List<String> STATUSES = List.of("queued", "succeeded", "deferred", "failed", "new-status");
    private static final String NEW_CODE = "new-code";

    /** JSON, a number, a time, XML, and a text with separators: what routes may expect in a text that the sender of a mail decides. */
    private static final List<String> FREE_TEXTS = List.of("{\"key\":\"value\"}", "4257", "2026-01-05T00:00:07Z", "<key>value</key>",
            "a-b-c-d-e-f_g_h,i,j,k;l;m;n:o:p/q/r|s|t|u=v=w x y z");

    private static final String RECIPIENT = "recipient@example.jp";
    private static final Conclusion NO_FAILURE = new Conclusion(null, null, false);

    private RehearsalEvents() {
    }

    /**
     * One event of each status, code and cause.
     *
     * @return the events by what they are, for instance: a bounce with code 4
     */
    public static Map<String, MailEvent> all(Causes causes) {
        Map<String, MailEvent> events = new LinkedHashMap<>();
        STATUSES.forEach(status -> events.put(name(MailEvent.DELIVERIES, status), event(MailEvent.DELIVERIES, status, causes)));
        Stream.concat(causes.codes().stream(), Stream.of(NEW_CODE))
                .forEach(code -> events.put(name(MailEvent.BOUNCES, code), event(MailEvent.BOUNCES, code, causes)));
        causes.all().forEach(cause -> events.put("a bounce with the cause " + cause.cause(), event(MailEvent.BOUNCES, "99", cause)));
        events.put(name("blocks", "new-status"), event("blocks", "new-status", causes));
        return events;
    }

    static String name(String type, String status) {
        return switch (type) {
            case MailEvent.DELIVERIES -> "a delivery with status " + status;
            case MailEvent.BOUNCES -> "a bounce with code " + status;
            default -> "an event of the type " + type;
        };
    }

    /** The same event with different texts where only its sender or the receiving server knows the right ones. */
    static List<MailEvent> withOtherTexts(MailEvent event) {
        return FREE_TEXTS.stream().map(text -> with(event, text)).toList();
    }

    private static MailEvent with(MailEvent event, String text) {
        return new MailEvent(event.eventId(), event.eventType(), event.status(), event.cause(), event.dead(), event.kind(), null,
                event.messageId(), event.recipient(), event.sender(), event.returnPath(), text, text, text, event.enhancedCode(),
                event.sourceIp(), event.senderIp(), event.serverComposition(), event.occurredAt(), event.createdText(),
                event.receivedAt(), "{\"other\":4257}");
    }

    /** A message about an event without its free texts, so that messages about two events can be compared. */
    static String withoutTexts(String message, MailEvent event) {
        return Stream.of(event.extra(), event.reason(), event.apiData(), event.subject())
                .reduce(message, (rest, text) -> rest.replace(text, "…"));
    }

    static MailEvent event(String type, String status, Causes causes) {
        boolean bounce = type.equals(MailEvent.BOUNCES);
        return event(type, status, bounce || status.equals("failed") ? causes.decide("", RECIPIENT, bounce ? status : "") : NO_FAILURE);
    }

    private static MailEvent event(String type, String status, Conclusion failure) {
        Instant at = Instant.parse("2026-01-05T00:00:07Z");
        return new MailEvent(new UUID(0x8000L, 0x8000_0000_0000_0000L), type, status, failure.cause(), failure.dead(), failure.kind(),
                null, "<trial@mail.example.com>", RECIPIENT, "sender@example.com", "bounce@example.com", "Subject", "CAMPAIGN-1",
                "550 5.1.1 User unknown", "5.1.1", "192.0.2.1", "192.0.2.2", "pro", at, "2026-01-05 09:00:07", at,
                "{\"key\":\"value\"}");
    }
}
