package org.mailevents.spool;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.mailevents.event.WebhookBody;

/**
 * The files of the spool. Each webhook that waits to be stored is a file of the folder. Each webhook that failed too often is a file in
 * {@code failed/}, with its reason beside it. A file gets its final name only when it is complete, and its content is the webhook as it was
 * posted.
 */
final class SpoolFolder {

    /** A webhook read from its file. */
    record SpooledWebhook(Instant receivedAt, WebhookBody body) {
    }

    /** The body is read from the disk each time, so that it is never in memory as a whole. */
    private record FileBody(Path path, boolean form, long length) implements WebhookBody {

        @Override
        public Charset charset() {
            return StandardCharsets.UTF_8;
        }

        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(path);
        }
    }

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
    private static final String JSON = ".json";
    private static final String FORM = ".form";
    private static final String INCOMPLETE = ".tmp";
    /** A file name begins with this time, so that the names sort by age. */
    private static final DateTimeFormatter RECEIVED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int RECEIVED_LENGTH = "20261001T090000.000000Z".length();
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
        write(directory, fileName(receivedAt, UUID.randomUUID().toString(), body), receivedAt, body);
    }

    /** The file name of a body in {@code failed/}. Except for the time, equal bodies have the same name. */
    static String failedName(Instant receivedAt, WebhookBody body) throws IOException {
        return fileName(receivedAt, hash(body), body);
    }

    /** Whether {@code failed/} already holds the body with this name, received at any time. */
    boolean hasFailed(String failedName) {
        String ending = failedName.substring(RECEIVED_LENGTH);
        try (Stream<Path> files = webhooks(failed)) {
            return files.anyMatch(file -> file.toString().endsWith(ending));
        }
    }

    /** Writes a body into {@code failed/} and the reason beside it. */
    void writeFailed(String failedName, Instant receivedAt, WebhookBody body, String reason) throws IOException {
        writeReason(Path.of(failedName), reason);
        write(failed, failedName, receivedAt, body);
    }

    private static String fileName(Instant receivedAt, String unique, WebhookBody body) {
        return RECEIVED.format(receivedAt) + "-" + unique + (body.form() ? FORM : JSON);
    }

    private static String hash(WebhookBody body) throws IOException {
        try (DigestInputStream bytes = new DigestInputStream(body.open(), MessageDigest.getInstance("SHA-256"))) {
            bytes.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(bytes.getMessageDigest().digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private void write(Path target, String name, Instant receivedAt, WebhookBody body) throws IOException {
        Path incomplete = directory.resolve(name + INCOMPLETE);
        try {
            try (FileChannel file = FileChannel.open(incomplete, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    InputStream bytes = body.open()) {
                bytes.transferTo(Channels.newOutputStream(file));
                file.force(true);
            }
            Files.setLastModifiedTime(incomplete, fileTime(receivedAt));
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

    /**
     * Whole milliseconds. On a file system with coarser times, the spool's own files are treated as copies, and so they are replayed later.
     */
    private static FileTime fileTime(Instant receivedAt) {
        return FileTime.fromMillis(receivedAt.toEpochMilli());
    }

    /**
     * Whether this application has written the file. Such a file has the time of its name, and it got its name when it was complete. A file
     * that somebody copies here has another time while it is being copied.
     */
    static boolean isOwnFile(Path file) {
        try {
            return Files.getLastModifiedTime(file).equals(fileTime(RECEIVED.parse(receivedPart(file), Instant::from)));
        } catch (IOException | DateTimeException e) {
            return false;
        }
    }

    /** The time in the name of a file; if the name has none, because somebody put the file here, the time of the file. */
    static Instant receivedAt(Path file) {
        try {
            return RECEIVED.parse(receivedPart(file), Instant::from);
        } catch (DateTimeException e) {
            return lastModified(file);
        }
    }

    private static String receivedPart(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, Math.min(name.length(), RECEIVED_LENGTH));
    }

    /** The time of a file; 1970 if it does not exist. */
    static Instant lastModified(Path file) {
        return Instant.ofEpochMilli(file.toFile().lastModified());
    }

    /** The files that wait to be stored, in no order. The caller closes the stream. */
    Stream<Path> waiting() {
        return webhooks(directory);
    }

    /** @throws NoSuchFileException when another process has deleted the file */
    SpooledWebhook read(Path file) throws IOException {
        return new SpooledWebhook(receivedAt(file), new FileBody(file, file.toString().endsWith(FORM), Files.size(file)));
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
            return Optional.of(new FailedWebhook(name, receivedAt(file), text, bytes));
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
            return files.filter(file -> lastModified(reasonFile(file)).isAfter(then)).count();
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
            files.filter(file -> file.toString().endsWith(INCOMPLETE) && lastModified(file).isBefore(abandoned))
                    .forEach(file -> file.toFile().delete());
        }
    }

    private static Stream<Path> webhooks(Path directory) {
        try {
            return Files.list(directory).filter(file -> file.toString().endsWith(JSON) || file.toString().endsWith(FORM));
        } catch (NoSuchFileException e) {
            return Stream.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
