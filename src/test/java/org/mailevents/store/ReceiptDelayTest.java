package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.store.ReceiptDelay.State;

/** Honest delays are not taken for a wrong zone or a wrong clock. */
class ReceiptDelayTest {

    private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");

    /** Each delay is "minutes x events". */
    @ParameterizedTest
    @CsvSource({
        "FITS,    0x100",
        "FITS,    -1x50 0x50",
        "FITS,    1x100",
        "UNKNOWN, 540x19",
        "ZONE,    540x100",
        "ZONE,    540x80 541x10 700x10",
        "ZONE,    -540x100",
        "ZONE,    -60x100",
        "ZONE,    57x50 63x50",
        "CLOCK,   7x100",
        "CLOCK,   -7x100",
        "CLOCK,   -3x100",
        // one event with a wrong time decides nothing
        "FITS,    -2880x1 0x100",
        "ZONE,    0x1 540x100",
        // an outage of the vendor or of us: most of the day's webhooks came nine hours late, the others were prompt
        "FITS,    0x10 540x90",
        // after a night without webhooks, all of them arrive at once
        "LATE,    60x10 120x10 180x10 240x10 300x10 360x10 420x10 480x10",
        "LATE,    20x10 25x5 40x85"})
    void theDelaysSayWhatIsWrong(State state, String delays) {
        assertThat(delay(delays).state()).isEqualTo(state);
    }

    @ParameterizedTest
    @CsvSource({"540x100, Asia/Tokyo, Z", "-540x100, UTC, +09:00", "300x100, America/New_York, -10:00", "-60x100, Asia/Tokyo, +10:00"})
    void theOffsetOfTheVendorIsNamed(String delays, String zone, String offset) {
        assertThat(delay(delays).probableOffset(ZoneId.of(zone), NOW).getId()).isEqualTo(offset);
    }

    @Test
    void whatIsMoreThanAnHourInTheFutureIsCounted() {
        ReceiptDelay delay = delay("-2880x1 -61x2 -60x4 0x100");

        assertThat(delay.future()).isEqualTo(3);
        assertThat(delay.events()).isEqualTo(107);
    }

    @Test
    void aClockInTheFutureIsOneOfUsOrOfTheVendor() {
        assertThat(delay("-7x100").advice(ZoneId.of("Asia/Tokyo"), NOW)).isEqualTo("The time in created is 7 min in the future, also of the"
                + " promptest events. Compare the clock of this machine with a time server (NTP). If it is right, the clock of the vendor"
                + " is wrong.");
    }

    private static ReceiptDelay delay(String delays) {
        TreeMap<Integer, Long> counts = new TreeMap<>();
        IntStream.range(0, delays.split(" ").length).mapToObj(i -> delays.split(" ")[i].split("x"))
                .forEach(delay -> counts.put(Integer.valueOf(delay[0]), Long.valueOf(delay[1])));
        return ReceiptDelay.of(counts);
    }
}
