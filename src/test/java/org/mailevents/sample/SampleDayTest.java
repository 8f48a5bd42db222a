package org.mailevents.sample;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sample is a whole and realistic day, at whatever time the day ends. */
class SampleDayTest {

    private static final String RESERVED = "(.+\\.)?(example\\.(jp|com|net)|example)";

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-23T10:00:00+09:00[Asia/Tokyo]", "2026-11-23T10:07:00+09:00[Asia/Tokyo]",
            "2026-11-23T10:59:59+09:00[Asia/Tokyo]",
            "2027-01-01T00:00:00+09:00[Asia/Tokyo]", "2026-11-23T04:30:00Z[UTC]", "2026-11-23T18:20:00+05:30[Asia/Kolkata]",
            "2026-10-25T10:20:00+01:00[Europe/Berlin]", "2027-03-28T10:20:00+02:00[Europe/Berlin]"})
    void itHasEveryHourAndEndsNow(ZonedDateTime now) {
        // When
        SampleDay day = new SampleDay(now);

        // Then
        List<SampleEvent> events = day.events();
        ZonedDateTime start = now.truncatedTo(ChronoUnit.HOURS).minusDays(1);
        assertThat(events).isSortedAccordingTo(Comparator.comparing(SampleEvent::at))
                .allMatch(event -> !event.at().isBefore(start) && !event.at().isAfter(now));
        Map<Long, Long> hours = events.stream().collect(groupingBy(event -> Duration.between(start, event.at()).toHours(), counting()));
        assertThat(hours.keySet()).containsAll(LongStream.range(0, Duration.between(start, now).toHours()).boxed().toList());
        assertThat(count(events, "queued")).isBetween(1_990L, 2_100L);
        assertThat(count(events, "succeeded")).isBetween(1_880L, 2_000L);
        Map<String, Long> codes = events.stream().filter(event -> event.eventType().equals("bounces"))
                .collect(groupingBy(SampleEvent::status, counting()));
        assertThat(codes.keySet()).contains("1", "2", "3", "4", "5", "10", "99");
        assertThat(codes.get("2")).isGreaterThan(codes.get("5") + codes.get("4") + codes.get("10"));
        assertThat(count(events, "failed")).isLessThan(codes.values().stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void itHasTwoNewslettersAndALowByNight() {
        // When
        SampleDay day = new SampleDay(ZonedDateTime.parse("2026-11-23T10:30:00+09:00[Asia/Tokyo]"));

        // Then
        List<SampleEvent> queued = day.events().stream().filter(event -> event.status().equals("queued")).toList();
        Map<String, Long> campaigns = queued.stream().map(event -> event.element().get("apiData"))
                .filter(data -> data.startsWith("newsletter-"))
                .collect(groupingBy(data -> data, counting()));
        assertThat(campaigns).isEqualTo(Map.of("newsletter-20261122-10", 640L, "newsletter-20261122-18", 540L));
        Map<Integer, Long> hours = queued.stream().collect(groupingBy(event -> event.at().getHour(), counting()));
        assertThat(hours.entrySet().stream().sorted(Map.Entry.<Integer, Long>comparingByValue().reversed()).limit(2)
                .map(Map.Entry::getKey)).containsExactly(10, 18);
        assertThat(hours.get(3) + hours.get(4)).isLessThan(hours.get(21) / 5);
    }

    @Test
    void onlyAddressesAtReservedDomainsAreInIt() {
        SampleDay day = new SampleDay(ZonedDateTime.parse("2026-11-23T10:30:00+09:00[Asia/Tokyo]"));
        Set<String> domains = day.events().stream().map(SampleEvent::element)
                .flatMap(element -> element.entrySet().stream().filter(field -> Set.of("to", "from", "returnPath", "email", "messageId")
                .contains(field.getKey())))
                .map(field -> field.getValue().replaceAll("^.*@|>$", "")).collect(Collectors.toSet());
        assertThat(domains).contains("old-portal.example", "mail.example", "shop.example.jp").allMatch(domain -> domain.matches(RESERVED));
    }

    @Test
    void oneDestinationIsFarWorseThanTheOthers() {
        SampleDay day = new SampleDay(ZonedDateTime.parse("2026-11-23T10:30:00+09:00[Asia/Tokyo]"));
        Map<String, Long> bounced = day.events().stream().filter(event -> event.eventType().equals("bounces"))
                .collect(groupingBy(event -> event.element().get("to").replaceFirst(".*@", ""), counting()));
        Map<String, Long> queued = day.events().stream().filter(event -> event.status().equals("queued"))
                .collect(groupingBy(event -> event.element().get("to").replaceFirst(".*@", ""), counting()));
        assertThat(bounced.get("old-portal.example")).isGreaterThan(queued.get("old-portal.example") / 2);
        assertThat(bounced.get("mail.example")).isLessThan(queued.get("mail.example") / 20);
    }

    @Test
    void itsWebhooksHoldEachEventOnceAndOneThatIsToBeRejected() {
        // Given
        SampleDay day = new SampleDay(ZonedDateTime.parse("2026-11-23T10:30:00+09:00[Asia/Tokyo]"));

        // When
        List<SampleWebhook> webhooks = day.webhooks();

        // Then
        assertThat(webhooks).allSatisfy(webhook -> assertThat(webhook.events()).hasSizeBetween(1, SampleWebhook.MAX_EVENTS)
                .allMatch(event -> event.eventType().equals(webhook.eventType())));
        List<SampleEvent> sent = webhooks.stream().flatMap(webhook -> webhook.events().stream())
                .filter(event -> !"".equals(event.element().get("messageId"))).toList();
        // AssertJ would compare each event with each other event.
        assertThat(sent.stream().collect(groupingBy(event -> event, counting())))
                .isEqualTo(day.events().stream().collect(groupingBy(event -> event, counting())));
        assertThat(webhooks.stream().mapToInt(webhook -> webhook.events().size()).sum()).isEqualTo(sent.size() + 1);
    }

    @Test
    void aLaterRunIsAnotherDaysWorth() {
        ZonedDateTime now = ZonedDateTime.parse("2026-11-23T10:30:00+09:00[Asia/Tokyo]");
        List<SampleEvent> first = new SampleDay(now).events();
        assertThat(new SampleDay(now).events()).isEqualTo(first);
        Set<Map<String, String>> known = first.stream().map(SampleEvent::element).collect(Collectors.toSet());
        assertThat(new SampleDay(now.plusSeconds(1)).events()).extracting(SampleEvent::element).noneMatch(known::contains);
    }

    private static long count(List<SampleEvent> events, String status) {
        return events.stream().filter(event -> event.status().equals(status)).count();
    }
}
