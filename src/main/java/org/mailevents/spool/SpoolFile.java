package org.mailevents.spool;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.UUID;
import org.mailevents.event.WebhookBody;

/** A file of the spool: its name, its time, and the webhook that it holds. */
final class SpoolFile {

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

    private static final String JSON = ".json";
    private static final String FORM = ".form";
    /** A file name begins with this time, so that the names sort by age. */
    private static final DateTimeFormatter RECEIVED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int RECEIVED_LENGTH = "20261001T090000.000000Z".length();

    private SpoolFile() {
    }

    /** The file name of a webhook that waits to be stored. Each call gives a different name. */
    static String waitingName(Instant receivedAt, WebhookBody body) {
        return name(receivedAt, UUID.randomUUID().toString(), body);
    }

    /** The file name of a body in {@code failed/}. Except for the time, equal bodies have the same name. */
    static String failedName(Instant receivedAt, WebhookBody body) throws IOException {
        return name(receivedAt, hash(body), body);
    }

    /** The part of a file name that equal bodies in {@code failed/} share. */
    static String withoutTime(String failedName) {
        return failedName.substring(RECEIVED_LENGTH);
    }

    static boolean isWebhook(Path file) {
        return file.toString().endsWith(JSON) || file.toString().endsWith(FORM);
    }

    private static String name(Instant receivedAt, String unique, WebhookBody body) {
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

    /**
     * Whole milliseconds. On a file system with coarser times, the spool's own files are treated as copies, and so they are replayed later.
     */
    static FileTime time(Instant receivedAt) {
        return FileTime.fromMillis(receivedAt.toEpochMilli());
    }

    /**
     * Whether this application has written the file. Such a file has the time of its name, and it got its name when it was complete. A file
     * that somebody copies here has another time while it is being copied.
     */
    static boolean isOwn(Path file) {
        try {
            return Files.getLastModifiedTime(file).equals(time(RECEIVED.parse(receivedPart(file), Instant::from)));
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

    /** @throws NoSuchFileException when another process has deleted the file */
    static SpooledWebhook read(Path file) throws IOException {
        return new SpooledWebhook(receivedAt(file), new FileBody(file, file.toString().endsWith(FORM), Files.size(file)));
    }
}
