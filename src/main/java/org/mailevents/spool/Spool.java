package org.mailevents.spool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.mailevents.event.WebhookBody;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.SpoolFile.SpooledWebhook;

/**
 * Keeps the webhooks that could not be stored, up to {@code spool.max-size}. Each webhook is one file, whose content can be posted again as
 * it is. A file that somebody else puts into the folder is replayed too. A webhook that fails too often goes to {@code failed/}; if an
 * operator moves it back, it is tried again.
 */
public final class Spool {

    /** @param at the time of the scan, by {@link System#nanoTime} */
    private record Backlog(long webhooks, Optional<Instant> oldest, long at) {

        static final Duration VALID = Duration.ofSeconds(1);

        Duration age(Instant now) {
            return oldest.filter(received -> received.isBefore(now)).map(received -> Duration.between(received, now)).orElse(Duration.ZERO);
        }
    }

    private final SpoolFolder folder;
    private final SpoolSize size;
    private final OperatorNotes notes;
    private volatile boolean lastWriteFailed;
    private Backlog backlog;
    /** Null if webhooks wait only in the folder. */
    private SharedLog log;

    private Spool(Path directory, long maxSize) throws IOException {
        folder = SpoolFolder.open(directory);
        size = new SpoolSize(maxSize);
        notes = new OperatorNotes(directory);
        recount();
    }

    /**
     * Opens the spool of an application and shows it in the metrics and in the health check.
     *
     * @throws IllegalArgumentException if the process cannot write to the folder of {@code spool.directory}
     */
    public static Spool open(CamelContext context, Meters meters) {
        Settings settings = new Settings(context);
        Path directory = Path.of(settings.required("spool.directory"));
        try {
            Spool spool = new Spool(directory, settings.bytes("spool.max-size"));
            spool.showIn(meters, TimeSource.of(context));
            HealthCheckRegistry health = HealthCheckRegistry.get(context);
            if (health != null) {
                health.register(new SpoolRoom(spool));
            }
            return spool;
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException(
                    "Set spool.directory to a folder that the process can write to: " + directory + " is not one", e);
        }
    }

    private void showIn(Meters meters, Clock clock) {
        meters.watch(Level.SPOOL_BYTES, size::used);
        meters.watch(Level.SPOOL_LIMIT, size::limit);
        meters.watch(Level.SPOOL_WEBHOOKS, () -> backlog().webhooks());
        meters.watch(Level.SPOOL_AGE, () -> backlog().age(clock.instant()).toSeconds());
    }

    /** Scans at most once a second for all callers, because the folder may hold many files. */
    private synchronized Backlog backlog() {
        long now = System.nanoTime();
        if (backlog == null || now - backlog.at() > Backlog.VALID.toNanos()) {
            try (Stream<Path> files = folder.waiting()) {
                backlog = files.collect(Collectors.teeing(Collectors.counting(), Collectors.minBy(Comparator.<Path>naturalOrder()),
                        (count, oldest) -> new Backlog(count, oldest.map(SpoolFile::receivedAt), now)));
            }
        }
        return backlog;
    }

    /**
     * Keeps a webhook until it is replayed. When this method returns, the webhook survives a crash of the process and of the machine.
     *
     * @param body without a secret
     * @throws IOException when the spool or its disk is full
     */
    void write(Instant receivedAt, WebhookBody body) throws IOException {
        write(body, () -> folder.writeWaiting(receivedAt, body));
    }

    /**
     * Keeps an unreadable body in {@code failed/}, with the reason beside it. If the same body comes again, it is kept once.
     *
     * @throws IOException when the spool or its disk is full
     */
    void writeFailed(Instant receivedAt, WebhookBody body, String reason) throws IOException {
        String name = SpoolFile.failedName(receivedAt, body);
        if (!folder.hasFailed(name)) {
            write(body, () -> folder.writeFailed(name, receivedAt, body, reason));
        }
    }

    private void write(WebhookBody body, SpoolSize.FileWriter file) throws IOException {
        try {
            size.add(body.length(), file);
            lastWriteFailed = false;
        } catch (IOException e) {
            lastWriteFailed = true;
            throw e;
        }
    }

    /** Whether webhooks can be kept, as far as is known. After a write has failed, this method tries another one. */
    boolean isWritable() {
        if (lastWriteFailed) {
            try {
                folder.probe(SpoolSize.BLOCK);
                lastWriteFailed = false;
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    /**
     * The oldest of the wanted webhooks that wait to be stored, oldest first.
     *
     * @throws UncheckedIOException when the folder cannot be read
     */
    List<Path> oldest(int count, Predicate<Path> wanted) {
        try (Stream<Path> files = folder.waiting()) {
            return files.filter(wanted).sorted().limit(count).toList();
        }
    }

    /** @throws java.nio.file.NoSuchFileException when another process has deleted the file */
    SpooledWebhook read(Path file) throws IOException {
        return SpoolFile.read(file);
    }

    /** Deletes a webhook that is stored. */
    void delete(Path file) throws IOException {
        long length = file.toFile().length();
        if (folder.delete(file)) {
            size.subtract(length);
        }
    }

    /** Moves a webhook to {@code failed/}, with the reason beside it, so that it does not delay the others. */
    void moveToFailed(Path file, String reason) throws IOException {
        folder.moveToFailed(file, reason);
    }

    /** Counts the size again, because operators may have moved files by hand. */
    void recount() throws IOException {
        size.recount(folder::bytesOnDisk);
    }

    /** Lets webhooks wait in this log. The folder then takes only those that the log does not take. */
    public void use(SharedLog log) {
        this.log = log;
    }

    Optional<SharedLog> log() {
        return Optional.ofNullable(log);
    }

    /** Whether every webhook goes through the log before it is stored. */
    public boolean takesEvery() {
        return log != null && log.takesEvery();
    }

    /** Whether no webhook waits to be stored; false if the folder or the log cannot be read, because a webhook may wait there. */
    public boolean isEmpty() {
        try {
            return oldest(1, file -> true).isEmpty() && (log == null || log.isEmpty());
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** How much of {@code spool.max-size} is used, by quarantined webhooks too; 1 is all of it. */
    public double fill() {
        return size.fill();
    }

    /** How many webhooks in {@code failed/} were moved there after this time. */
    public long failedSince(Instant then) {
        return folder.failedSince(then);
    }

    /**
     * The newest webhooks in {@code failed/}, the newest first.
     *
     * @throws UncheckedIOException when the folder cannot be read
     */
    public List<FailedWebhook> failed(int most) throws IOException {
        List<FailedWebhook> webhooks = new ArrayList<>();
        for (String name : folder.failed().stream().limit(most).toList()) {
            folder.failed(name).ifPresent(webhooks::add);
        }
        return webhooks;
    }

    /** How many webhooks {@code failed/} holds. */
    public int countFailed() {
        return folder.failed().size();
    }

    /**
     * Has a webhook in {@code failed/} tried again, as an operator does who moves its file back. A name that is not in {@code failed/},
     * such as one with a path, changes nothing.
     *
     * @return whether there was such a webhook
     */
    public boolean tryAgain(String name) throws IOException {
        return folder.failed().contains(name) && folder.moveBack(name);
    }

    /** Has all webhooks in {@code failed/} tried again. @return how many there were */
    public int tryAllAgain() throws IOException {
        int moved = 0;
        for (String name : folder.failed()) {
            moved += folder.moveBack(name) ? 1 : 0;
        }
        return moved;
    }

    /** Has all rejected events replayed, as an operator does who creates the file {@code replay-rejected}. */
    public void replayRejected() throws IOException {
        folder.requestReplayOfRejected();
    }

    /** Whether somebody has asked for that, and it is not done yet. */
    public boolean isReplayOfRejectedRequested() {
        return folder.isReplayOfRejectedRequested();
    }

    /** Notes that all rejected events have been moved to the spool. */
    void rejectedAreMoved() throws IOException {
        folder.forgetReplayOfRejected();
    }

    /** What the operators were told about this spool. */
    public OperatorNotes notes() {
        return notes;
    }
}
