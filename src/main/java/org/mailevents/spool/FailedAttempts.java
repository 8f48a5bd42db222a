package org.mailevents.spool;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.mailevents.log.FailedStep;
import org.mailevents.log.FailingRoutes.WaitingWebhook;

/** The failed attempts to store the files of the spool. A restart forgets them, because the cause may have been fixed. */
public final class FailedAttempts {

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(5);

    /** @param step the step that failed, or null if it is not known */
    private record Failure(int attempts, Instant nextAttempt, FailedStep step) {
    }

    /** A concurrent map, because the health check and the page read it, too. */
    private final Map<Path, Failure> failures = new ConcurrentHashMap<>();
    private final int most;

    /** @param most how often a file is tried */
    FailedAttempts(int most) {
        this.most = most;
    }

    /** Whether an attempt with this file has failed. */
    boolean include(Path file) {
        return failures.containsKey(file);
    }

    /** Whether the time of the file's next attempt has come. */
    boolean isDue(Path file) {
        Failure failure = failures.get(file);
        return failure == null || !failure.nextAttempt().isAfter(Instant.now());
    }

    /** @return whether this was the last attempt with the file, which is then forgotten */
    boolean add(Path file, FailedStep step) {
        Failure before = failures.get(file);
        int attempts = before == null ? 1 : before.attempts() + 1;
        if (attempts < most) {
            failures.put(file, new Failure(attempts, Instant.now().plus(retryInterval(attempts)), step));
            return false;
        }
        failures.remove(file);
        return true;
    }

    /** Notes a file that failed together with others: it is tried alone next time, and the attempt is not counted. */
    void addUncounted(Path file, FailedStep step) {
        failures.put(file, new Failure(0, Instant.EPOCH, step));
    }

    void forget(Path file) {
        failures.remove(file);
    }

    /** Forgets all files except these. */
    void retain(Set<Path> files) {
        failures.keySet().retainAll(files);
    }

    /** The files that wait for the repair of a step that is known. */
    Stream<WaitingWebhook> waiting() {
        return failures.entrySet().stream().filter(one -> one.getValue().step() != null)
                .map(one -> new WaitingWebhook(one.getValue().step(), SpoolFile.receivedAt(one.getKey())));
    }

    /** The time between the last of these failed attempts and the next attempt. */
    public static Duration retryInterval(int attempts) {
        Duration interval = FIRST_RETRY.multipliedBy(1L << Math.min(attempts - 1, 20));
        return interval.compareTo(LONGEST_RETRY) < 0 ? interval : LONGEST_RETRY;
    }
}
