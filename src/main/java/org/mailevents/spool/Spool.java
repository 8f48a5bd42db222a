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
import java.time.Clock;
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
import java.util.concurrent.atomic.AtomicLong;
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

/**
 * The folder of the webhooks that could not be stored: one file each, whose content can be posted again as it is. A file that
 * somebody puts there is sent in too. Those that fail too often are in {@code failed/}, each with its reason beside it, and moved
 * back into the folder they are tried again.
 */
public final class Spool {

    /** A webhook in the spool. */
    record Spooled(Instant receivedAt, WebhookBody body) {
    }

    /** Its body, which is never in memory as a whole. */
    private record File(Path path, boolean form, long length) implements WebhookBody {

        @Override
        public Charset charset() {
            return StandardCharsets.UTF_8;
        }

        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(path);
        }
    }

    /** @param at by {@link System#nanoTime} */
    private record Waiting(long webhooks, Optional<Instant> oldest, long at) {

        static final Duration VALID = Duration.ofSeconds(1);

        Duration age(Instant now) {
            return oldest.filter(received -> received.isBefore(now)).map(received -> Duration.between(received, now)).orElse(Duration.ZERO);
        }
    }

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
    private static final String JSON = ".json";
    private static final String FORM = ".form";
    private static final String INCOMPLETE = ".tmp";
    /** Begins the name of a file, so that the names sort by age. */
    private static final DateTimeFormatter RECEIVED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int RECEIVED_LENGTH = "20261001T090000.000000Z".length();
    /** What a file takes of a disk at least. */
    private static final int BLOCK = 4_096;

    private final Path directory;
    private final Path failed;
    private final long maxSize;
    private final AtomicLong size = new AtomicLong();
    private final AtomicLong writing = new AtomicLong();
    private final AtomicLong added = new AtomicLong();
    private volatile boolean refused;
    private Waiting waiting;

    private Spool(Path directory, long maxSize) {
        this.directory = directory;
        this.failed = directory.resolve("failed");
        this.maxSize = maxSize;
    }

    /** The spool of this application, opened by whoever asks first. */
    public static Spool of(CamelContext context) {
        Spool open = context.getRegistry().lookupByNameAndType("spool", Spool.class);
        if (open == null) {
            Settings settings = new Settings(context);
            open = open(Path.of(settings.required("spool.directory")), settings.bytes("spool.max-size"));
            context.getRegistry().bind("spool", open);
            open.show(context);
        }
        return open;
    }

    /** @throws IllegalArgumentException where nothing can be written */
    private static Spool open(Path directory, long maxSize) {
        Spool spool = new Spool(directory, maxSize);
        try {
            Files.createDirectories(spool.failed);
            Files.delete(Files.createTempFile(directory, "", INCOMPLETE));
            spool.removeIncomplete();
            spool.measure();
            return spool;
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException("Set spool.directory to a folder that can be written: " + directory + " is none", e);
        }
    }

    /**
     * Keeps a webhook. When this returns, it outlives a crash of the process and of the machine.
     *
     * @param body without a secret
     * @throws IOException when the spool or its disk is full
     */
    void write(Instant receivedAt, WebhookBody body) throws IOException {
        write(directory, RECEIVED.format(receivedAt) + "-" + UUID.randomUUID() + (body.form() ? FORM : JSON), receivedAt, body);
    }

    /**
     * Keeps a body that nobody can read out of the way of the others, with the reason beside it. A body that comes again is kept once.
     *
     * @throws IOException when the spool or its disk is full
     */
    void setAside(Instant receivedAt, WebhookBody body, String reason) throws IOException {
        String content = "-" + hash(body) + (body.form() ? FORM : JSON);
        try (Stream<Path> files = webhooks(failed)) {
            if (files.anyMatch(file -> file.toString().endsWith(content))) {
                return;
            }
        }
        String name = RECEIVED.format(receivedAt) + content;
        Files.writeString(reason(Path.of(name)), reason + System.lineSeparator());
        write(failed, name, receivedAt, body);
    }

    private static String hash(WebhookBody body) throws IOException {
        try (DigestInputStream bytes = new DigestInputStream(body.open(), MessageDigest.getInstance("SHA-256"))) {
            bytes.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(bytes.getMessageDigest().digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private void write(Path folder, String name, Instant receivedAt, WebhookBody body) throws IOException {
        long taken = onDisk(body.length());
        Path incomplete = directory.resolve(name + INCOMPLETE);
        try {
            if (size.get() + writing.addAndGet(taken) > maxSize) {
                throw new IOException("The spool has reached spool.max-size (" + maxSize + " bytes)");
            }
            try (FileChannel file = FileChannel.open(incomplete, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE); InputStream bytes = body.open()) {
                bytes.transferTo(Channels.newOutputStream(file));
                file.force(true);
            }
            Files.setLastModifiedTime(incomplete, time(receivedAt));
            Files.move(incomplete, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            flush(folder);
            added.addAndGet(taken);
            size.addAndGet(taken);
            refused = false;
        } catch (IOException e) {
            refused = true;
            throw e;
        } finally {
            Files.deleteIfExists(incomplete);
            writing.addAndGet(-taken);
        }
    }

    /** Whole milliseconds. A file system that keeps less has its files waited for as if they were copies. */
    private static FileTime time(Instant receivedAt) {
        return FileTime.fromMillis(receivedAt.toEpochMilli());
    }

    /**
     * Whether a file is as this application has written it: under its name only once it was complete, and with the time of its name. A copy of it has another
     * time while it is being copied.
     */
    static boolean isOurs(Path file) {
        try {
            return Files.getLastModifiedTime(file).equals(time(RECEIVED.parse(received(file), Instant::from)));
        } catch (IOException | DateTimeException e) {
            return false;
        }
    }

    private static String received(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, Math.min(name.length(), RECEIVED_LENGTH));
    }

    /**
     * Whether webhooks can be kept, as far as is known. After one could not, this tries it.
     */
    boolean takesMore() {
        if (refused) {
            try {
                Path probe = Files.createTempFile(directory, "", INCOMPLETE);
                try {
                    Files.write(probe, new byte[BLOCK]);
                } finally {
                    Files.delete(probe);
                }
                refused = false;
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    /** The wanted ones, at most so many, oldest first. */
    List<Path> oldest(int count, Predicate<Path> wanted) {
        try (Stream<Path> files = webhooks(directory)) {
            return files.filter(wanted).sorted().limit(count).toList();
        }
    }

    /** @throws NoSuchFileException when somebody has taken it away */
    Spooled read(Path file) throws IOException {
        return new Spooled(receivedAt(file), new File(file, file.toString().endsWith(FORM), Files.size(file)));
    }

    /** What is stored need not be kept. */
    void remove(Path file) throws IOException {
        long taken = onDisk(file.toFile().length());
        if (Files.deleteIfExists(file)) {
            size.addAndGet(-taken);
        }
        Files.deleteIfExists(reason(file));
    }

    /** Out of the way of the others, with the reason beside it. */
    void setAside(Path file, String reason) throws IOException {
        Files.writeString(reason(file), reason + System.lineSeparator());
        Files.move(file, failed.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }

    /** In the metrics and in the health check. */
    private void show(CamelContext context) {
        Clock clock = TimeSource.of(context);
        Meters meters = Meters.of(context);
        meters.watch(Level.SPOOL_BYTES, size::get);
        meters.watch(Level.SPOOL_LIMIT, () -> maxSize);
        meters.watch(Level.SPOOL_WEBHOOKS, () -> waiting().webhooks());
        meters.watch(Level.SPOOL_AGE, () -> waiting().age(clock.instant()).toSeconds());
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(new SpoolRoom(this));
        }
    }

    /** What waits to be stored, looked up once for all who ask within a second: it may be many files. */
    private synchronized Waiting waiting() {
        long now = System.nanoTime();
        if (waiting == null || now - waiting.at() > Waiting.VALID.toNanos()) {
            try (Stream<Path> files = webhooks(directory)) {
                waiting = files.collect(Collectors.teeing(Collectors.counting(), Collectors.minBy(Comparator.<Path>naturalOrder()),
                        (count, oldest) -> new Waiting(count, oldest.map(Spool::receivedAt), now)));
            }
        }
        return waiting;
    }

    /** Whether no webhook waits to be stored; in a folder that cannot be read one may. */
    public boolean isEmpty() {
        try {
            return oldest(1, file -> true).isEmpty();
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** How much of {@code spool.max-size} is used, by failed webhooks too; 1 is all of it. */
    public double fill() {
        return (double) size.get() / maxSize;
    }

    /** How many webhooks have been set aside since then and are still there. */
    public long failedSince(Instant then) {
        try (Stream<Path> files = webhooks(failed)) {
            return files.filter(file -> lastModified(reason(file)).isAfter(then)).count();
        }
    }

    /** When the operators were told of this last, by this process or another; long ago where they never were. */
    public Instant told(String what) {
        return lastModified(directory.resolve(".told-" + what));
    }

    /** The operators have been told. */
    public void tell(String what, Instant when) throws IOException {
        Path note = directory.resolve(".told-" + what);
        Files.write(note, new byte[0]);
        Files.setLastModifiedTime(note, FileTime.from(when));
    }

    /** What they were told of is over. */
    public void forget(String what) {
        directory.resolve(".told-" + what).toFile().delete();
    }

    /** Counts again, since files may have been moved by hand. What is written meanwhile may count twice until the next time, and never not. */
    void measure() throws IOException {
        Files.createDirectories(failed); // what cleans up at times takes an empty folder too
        long before = added.get();
        size.set(sizeOf(directory) + sizeOf(failed) + added.get() - before);
    }

    private static long sizeOf(Path directory) {
        try (Stream<Path> files = webhooks(directory)) {
            return files.mapToLong(file -> onDisk(file.toFile().length())).sum();
        }
    }

    private void removeIncomplete() throws IOException {
        Instant longAgo = Instant.now().minus(Duration.ofHours(1)); // another process may be writing one now
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.toString().endsWith(INCOMPLETE) && lastModified(file).isBefore(longAgo))
                    .forEach(file -> file.toFile().delete());
        }
    }

    private Path reason(Path file) {
        return failed.resolve(file.getFileName() + ".reason.txt");
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

    /** From the name; of a file that somebody else has put there, its own time. */
    private static Instant receivedAt(Path file) {
        try {
            return RECEIVED.parse(received(file), Instant::from);
        } catch (DateTimeException e) {
            return lastModified(file);
        }
    }

    private static Instant lastModified(Path file) {
        return Instant.ofEpochMilli(file.toFile().lastModified());
    }

    private static long onDisk(long length) {
        return (length / BLOCK + 1) * BLOCK;
    }

    /** A new name is on disk when its folder is. */
    private static void flush(Path directory) throws IOException {
        if (!WINDOWS) { // which opens no folders, and journals their names by itself
            try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
    }
}
