package org.mailevents.answer;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Limits how many requests one caller may send in a minute. Its memory is bounded, however many callers there are. */
public final class RateLimit {

    /** How long a caller waits at most. */
    public static final Duration WINDOW = Duration.ofMinutes(1);
    /** All callers beyond this number count as one. */
    private static final int MAX_CALLERS = 10_000;
    private static final String OTHERS = "";

    private final int most;
    private final Clock clock;
    private final Map<String, Integer> requests = new HashMap<>();
    private long window;

    /** @param most how many requests a caller may send in a minute */
    public RateLimit(int most, Clock clock) {
        this.most = most;
        this.clock = clock;
    }

    /** Counts a request. @return whether the caller has sent too many */
    public synchronized boolean exceeded(String caller) {
        long now = clock.millis() / WINDOW.toMillis();
        if (now != window) {
            window = now;
            requests.clear();
        }
        String counted = requests.containsKey(caller) || requests.size() < MAX_CALLERS ? caller : OTHERS;
        return requests.merge(counted, 1, Integer::sum) > most;
    }
}
