package org.mailevents.support;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until it is moved. */
public final class SimulatedClock extends Clock {

    private volatile Instant now;

    public SimulatedClock(Instant start) {
        now = start;
    }

    public void moveTo(Instant later) {
        if (later.isBefore(now)) {
            throw new IllegalArgumentException("time goes on");
        }
        now = later;
    }

    /** @param time a negative time sets the clock back, as an administrator may do */
    public void moveOn(Duration time) {
        now = now.plus(time);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("nobody asks it for local time");
    }
}
