package org.mailevents.spool;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mailevents.event.WebhookBody;

/**
 * The files of the spool. Each webhook that waits to be stored is a file of the folder. Each webhook that failed too often is a file in
 * {@code failed/}, with its reason beside it. A file gets its final name only when it is complete, and its content is the webhook as it was
 * posted.
 */
final class SpoolFolder {

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
    private static final String INCOMPLETE = ".tmp";
    /** Another process may be writing a younger incomplete file. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    private final Path directory;
    private final Path failed;
    /** An operator creates this file to have the rejected events replayed. */
    private final Path replayRejected;

    private SpoolFolder(Path directory) {
        this.directory = directory;
        this.failed = directory.resolve("failed");
        this.replayRejected = directory.resolve("replay-rejected");
    }

    /**
     * Creates the folder if it does not exist, and deletes the incomplete files that a killed process has left.
     *
     * @throws IOException where the process cannot write
     */
    static SpoolFolder open(Path directory) throws IOException {
        SpoolFolder folder = new SpoolFolder(directory);
        folder.createFolders();
        folder.probe(0);
        folder.deleteAbandoned();
        return folder;
    }

    /**
     * Writes a webhook that waits to be stored. When this method returns, the webhook survives a crash of the process and of the machine.
     *
     * @param body without a secret
     */
    void writeWaiting(Instant receivedAt, WebhookBody body) throws IOException {
        write(directory, SpoolFile.waitingName(receivedAt, body), receivedAt, body);
    }

    /** Whether {@code failed/} already holds the body with this name, received at any time. */
    boolean hasFailed(String failedName) {
        String content = SpoolFile.withoutTime(failedName);
        try (Stream<Path> files = webhooks(failed)) {
            return files.anyMatch(file -> file.toString().endsWith(content));
        }
    }

    /** Writes a body into {@code failed/} and the reason beside it. */
    void writeFailed(String failedName, Instant receivedAt, WebhookBody body, String reason) throws IOException {
        writeReason(Path.of(failedName), reason);
        write(failed, failedName, receivedAt, body);
    }

    private void write(Path target, String name, Instant receivedAt, WebhookBody body) throws IOException {
        Path incomplete = directory.resolve(name + INCOMPLETE);
        try {
            try (FileChannel file = FileChannel.open(incomplete, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    InputStream bytes = body.open()) {
                bytes.transferTo(Channels.newOutputStream(file));
                file.force(true);
            }
            Files.setLastModifiedTime(incomplete, SpoolFile.time(receivedAt));
            Files.move(incomplete, target.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            flush(target);
        } finally {
            Files.deleteIfExists(incomplete);
        }
    }

    /** Flushes the folder, because a new file name is on disk only when its folder is. */
    private static void flush(Path directory) throws IOException {
        if (!WINDOWS) { // Windows cannot open a folder, and its file system journals the names itself
            try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
    }

    /** The files that wait to be stored, in no order. The caller closes the stream. */
    Stream<Path> waiting() {
        return webhooks(directory);
    }

    /**
     * Deletes a file, and its reason unless {@code failed/} holds the same webhook again.
     *
     * @return whether the file still existed
     */
    boolean delete(Path file) throws IOException {
        boolean existed = Files.deleteIfExists(file);
        if (!Files.exists(failed.resolve(file.getFileName()))) {
            Files.deleteIfExists(reasonFile(file));
        }
        return existed;
    }

    /** The names of the webhooks in {@code failed/}, the newest first. */
    List<String> failed() {
        try (Stream<Path> files = webhooks(failed)) {
            return files.map(file -> file.getFileName().toString()).sorted(Comparator.reverseOrder()).toList();
        }
    }

    /**
     * A webhook in {@code failed/}.
     *
     * @return empty if it has been moved or deleted
     */
    Optional<FailedWebhook> failed(String name) throws IOException {
        Path file = failed.resolve(name);
        try {
            long bytes = Files.size(file);
            Path reason = reasonFile(file);
            String text = Files.exists(reason) ? Files.readString(reason).strip() : "";
            return Optional.of(new FailedWebhook(name, SpoolFile.receivedAt(file), text, bytes));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * Moves a webhook from {@code failed/} back into the folder. Its reason stays until the webhook is stored or has failed again.
     *
     * @return false if the webhook is not in {@code failed/} any more, or if a file of the same name waits already, for instance because
     *     somebody has corrected the webhook: the move would replace that file
     */
    boolean moveBack(String name) throws IOException {
        Path target = directory.resolve(name);
        if (Files.exists(target)) {
            return false;
        }
        try {
            Files.move(failed.resolve(name), target, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return false;
        }
        flush(directory);
        return true;
    }

    /** Moves a file into {@code failed/} and writes the reason beside it. */
    void moveToFailed(Path file, String reason) throws IOException {
        writeReason(file, reason);
        Files.move(file, failed.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }

    void requestReplayOfRejected() throws IOException {
        Files.write(replayRejected, new byte[0]);
    }

    boolean isReplayOfRejectedRequested() {
        return Files.exists(replayRejected);
    }

    void forgetReplayOfRejected() throws IOException {
        Files.deleteIfExists(replayRejected);
    }

    /** How many webhooks in {@code failed/} were moved there after this time. */
    long failedSince(Instant then) {
        try (Stream<Path> files = webhooks(failed)) {
            return files.filter(file -> SpoolFile.lastModified(reasonFile(file)).isAfter(then)).count();
        }
    }

    private void writeReason(Path file, String reason) throws IOException {
        Files.writeString(reasonFile(file), reason + System.lineSeparator());
    }

    private Path reasonFile(Path file) {
        return failed.resolve(file.getFileName() + ".reason.txt");
    }

    /** The bytes that all webhooks take on the disk, those in {@code failed/} included. */
    long bytesOnDisk() throws IOException {
        createFolders();
        return bytesOnDisk(directory) + bytesOnDisk(failed);
    }

    private static long bytesOnDisk(Path directory) {
        try (Stream<Path> files = webhooks(directory)) {
            return files.mapToLong(file -> SpoolSize.onDisk(file.toFile().length())).sum();
        }
    }

    /** A clean-up job of the machine may have deleted an empty folder. */
    private void createFolders() throws IOException {
        Files.createDirectories(failed);
    }

    /**
     * Writes a file and deletes it again.
     *
     * @param bytes the length of the file
     * @throws IOException when the file cannot be written
     */
    void probe(int bytes) throws IOException {
        Path probe = Files.createTempFile(directory, "", INCOMPLETE);
        try {
            Files.write(probe, new byte[bytes]);
        } finally {
            Files.delete(probe);
        }
    }

    private void deleteAbandoned() throws IOException {
        Instant abandoned = Instant.now().minus(ABANDONED);
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.toString().endsWith(INCOMPLETE) && SpoolFile.lastModified(file).isBefore(abandoned))
                    .forEach(file -> file.toFile().delete());
        }
    }

    private static Stream<Path> webhooks(Path directory) {
        try {
            return Files.list(directory).filter(SpoolFile::isWebhook);
        } catch (NoSuchFileException e) {
            return Stream.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
