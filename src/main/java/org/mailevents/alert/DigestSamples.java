package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mailevents.cause.CauseTable;
import org.mailevents.digest.Bounces;
import org.mailevents.digest.Bounces.Kind;
import org.mailevents.digest.DigestFacts;
import org.mailevents.digest.DigestFacts.ComparedDay;
import org.mailevents.digest.DigestFacts.DeadAddress;
import org.mailevents.digest.DigestFacts.OpenIncident;

/** Digests of every kind. Edited templates are validated with them, and the preview shows the first. */
final class DigestSamples {

    private static final Instant UNTIL = Instant.parse("2026-10-16T00:00:00Z");
    private static final Instant LONG_AGO = UNTIL.minus(Duration.ofDays(40));

    private DigestSamples() {
    }

    /** A digest that says something of everything. */
    static Digest full() {
        List<Kind> kinds = List.of(
                new Kind("spam", "docomo.ne.jp", 84, 41, 230, 12, 31, 66, 205),
                new Kind("unknown-user", "example.com", 21, 23, 580, 148, 140, 152, 161),
                new Kind("unknown-user", "example.net", 9, 6, 150, 20, 31, 45, 63),
                new Kind("mailbox-full", "example.org", 7, 5, 160, 41, 44, 38, 44),
                new Kind("authentication", "example.co.jp", 6, 0, 0, 0, 0, 0, 6),
                new Kind("unknown-host", "example.invalid", 2, 0, 0, 0, 0, 0, 2),
                new Kind("timeout", "mail.example.com", 1, 2, 25, 6, 5, 8, 7));
        return digest(1, new DigestFacts(new Bounces(kinds, true),
                IntStream.rangeClosed(1, 34).mapToObj(DigestSamples::deadAddress).toList(),
                new OpenIncident(new UUID(0, 1), UNTIL.minus(Duration.ofMinutes(110)), 35, "taro@example.com"), 12,
                UNTIL.minus(Duration.ofMinutes(4)), 14, 3, List.of(
                        new ComparedDay(LocalDate.parse("2026-10-15"), 4_230, 4_231, 137, 1),
                        new ComparedDay(LocalDate.parse("2026-10-14"), 5_120, 5_120, 0, 0))));
    }

    /** The digests that a template must be able to show. */
    static Stream<Digest> all() {
        DigestFacts unusual = new DigestFacts(new Bounces(List.of(new Kind(CauseTable.UNKNOWN, "", 1, 0, 0, 0, 0, 0, 1)), false),
                List.of(new DeadAddress("\"<b>${x}&amp; =1+1", "not-attempted", LONG_AGO, UNTIL, 1, UNTIL)), null, 0, null, 1, 1,
                List.of(new ComparedDay(LocalDate.parse("2026-10-15"), 2, 0, 0, 0)));
        return Stream.of(full(), digest(7, unusual), digest(1, new DigestFacts(null, null, null, 0, null, 0, 0, List.of())),
                digest(3, new DigestFacts(new Bounces(List.of(), true), List.of(), null, 1, UNTIL, 0, 0, List.of())),
                digest(1, new DigestFacts(new Bounces(List.of(), true), List.of(), new OpenIncident(new UUID(0, 1), LONG_AGO, 0, null), 0,
                        null, 0, 0, List.of())),
                digest(1, new DigestFacts(new Bounces(List.of(), true), List.of(), null, 0, null, 3, 0, List.of())),
                digest(1, new DigestFacts(new Bounces(List.of(), true), List.of(), null, 0, null, 0, 0,
                        List.of(new ComparedDay(LocalDate.parse("2026-10-15"), 4_230, 4_230, 1, 0)))),
                digest(1, new DigestFacts(new Bounces(List.of(), true), List.of(), null, 0, null, 0, 0,
                        List.of(new ComparedDay(LocalDate.parse("2026-10-15"), 4_230, 4_230, 0, 0),
                                new ComparedDay(LocalDate.parse("2026-10-14"), 5_119, 5_120, 0, 1)))));
    }

    private static Digest digest(int days, DigestFacts facts) {
        return new Digest(new UUID(0, 0), "list-owner", UNTIL, UNTIL.minus(Duration.ofDays(days)), UNTIL, facts);
    }

    private static DeadAddress deadAddress(int number) {
        Instant deadSince = LONG_AGO.plus(Duration.ofHours(17L * number));
        return new DeadAddress("member" + number + "@example.com", "unknown-user", deadSince, UNTIL.minus(Duration.ofHours(number)),
                1 + 12 / number, UNTIL.minus(Duration.ofHours(number)));
    }
}
