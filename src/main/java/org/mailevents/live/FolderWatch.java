package org.mailevents.live;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.mailevents.camel.Timers;
import org.mailevents.log.FailureText;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.slf4j.LoggerFactory;

/**
 * Watches the files of a folder, and reports their texts once they have stopped changing, because editors write in pieces, and an edit may
 * be several files. It reads the few small files every 300 ms. That finds every kind of save on every kind of file system.
 */
public final class FolderWatch {

    private static final long PERIOD_MILLIS = 300;
    /** A round may validate many files one by one, and then wait a minute for each mail in progress. */
    private static final Duration LONGEST_ROUND = Duration.ofMinutes(5);
    /** Stands for the text of a file that cannot be read or is not in UTF-8. */
    private static final String UNREADABLE = "\uFFFD";

    private final Path folder;
    /** Which names count in which folder. */
    private final Map<Path, Pattern> names;
    /** Each file as it was last read. */
    private final Map<Path, Content> contents = new HashMap<>();
    private final Map<String, String> first;
    private Map<String, String> previous;
    private volatile Map<String, String> reported;

    /** Decoding the texts and comparing them would take nearly all time of a round, so a file with the same bytes keeps its text. */
    private record Content(byte[] bytes, String text) {

        static Content of(byte[] bytes) throws CharacterCodingException {
            return new Content(bytes, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        }
    }

    /**
     * The routes, those of the channels in {@code channels/}, and the tests in {@code tests/}. They are read together, because one edit
     * often changes several of them.
     */
    static FolderWatch ofRoutes(Path routes) {
        Pattern route = name("\\.camel\\.yaml");
        return new FolderWatch(routes, Map.of(routes, route, routes.resolve(RouteFiles.CHANNELS), route, routes.resolve("tests"),
                name(Pattern.quote(RouteFiles.TEST_ENDING))));
    }

    /** The templates of the mails in {@code templates/}, and those of the channels in {@code channels/}. */
    public static FolderWatch ofTemplates(Path routes) {
        Pattern template = name("\\.ftlh?");
        return new FolderWatch(routes.resolve("templates"),
                Map.of(routes.resolve("templates"), template, routes.resolve(RouteFiles.CHANNELS), template));
    }

    /** The causes and their rules, and the tests of the routes, which must pass with them. */
    static FolderWatch ofCauses(Path routes) {
        return new FolderWatch(routes, Map.of(routes, name("(?<=^bounce-(causes|rules))\\.json"), routes.resolve("tests"),
                name(Pattern.quote(RouteFiles.TEST_ENDING))));
    }

    /** Files whose name begins with a dot are an editor's temporary files. */
    private static Pattern name(String ending) {
        return Pattern.compile("[^.].*" + ending);
    }

    private FolderWatch(Path folder, Map<Path, Pattern> names) {
        this.folder = folder;
        this.names = names;
        this.first = read();
        this.previous = first;
        this.reported = first;
    }

    /** The text of each file when the watch was created, by its path. */
    public Map<String, String> first() {
        return first;
    }

    /** Calls the listener with the text of each file whenever the files have changed, while the context runs. */
    public void start(CamelContext context, Consumer<Map<String, String>> listener) throws Exception {
        context.addStartupListener(new StartupListener() {
            @Override
            public void onCamelContextStarted(CamelContext started, boolean alreadyStarted) {
                // too early: Camel cannot start a single route before it has fully started
            }

            @Override
            public void onCamelContextFullyStarted(CamelContext started, boolean alreadyStarted) {
                Timers.Timer timer = mandatoryFindSingleByType(started, Timers.class)
                        .add("live-edit of " + folder.getFileName(), LONGEST_ROUND, Duration.ofMillis(PERIOD_MILLIS));
                started.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "live-edit").scheduleWithFixedDelay(
                        () -> timer.run(() -> scan(listener)), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    /** Calls the listener once more, although the files have not changed. */
    void reportAgain() {
        reported = null;
    }

    /** @throws BrokenFile for the first file that could not be read */
    public static void requireText(Map<String, String> files) throws BrokenFile {
        for (Map.Entry<String, String> file : files.entrySet()) {
            if (file.getValue().equals(UNREADABLE)) {
                throw new BrokenFile(file.getKey(), 0, "the file cannot be read, or it is not in UTF-8");
            }
        }
    }

    private void scan(Consumer<Map<String, String>> listener) {
        try {
            Map<String, String> now = read();
            boolean unchanged = now.equals(previous);
            previous = now;
            if (unchanged && !now.equals(reported)) {
                reported = now;
                listener.accept(now);
            }
        } catch (RuntimeException | Error e) {
            // An exception would end the executor. The logger is no constant, because a command that only reads the files needs no log.
            LoggerFactory.getLogger("live-edit").error("{} could not be scanned: {}", folder, FailureText.describe(e));
        }
    }

    private Map<String, String> read() {
        Map<String, String> files = new TreeMap<>();
        names.forEach((from, name) -> files.putAll(read(from, name)));
        return files;
    }

    private Map<String, String> read(Path folder, Pattern name) {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(folder)) {
            paths.filter(path -> name.matcher(path.getFileName().toString()).matches() && Files.isRegularFile(path))
                    .forEach(path -> files.put(path.toString(), text(path)));
        } catch (NoSuchFileException e) {
            return Map.of();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " cannot be read", e);
        }
        return files;
    }

    private String text(Path path) {
        try {
            byte[] bytes = Files.readAllBytes(path);
            Content content = contents.get(path);
            if (content == null || !Arrays.equals(content.bytes, bytes)) {
                content = Content.of(bytes);
                contents.put(path, content);
            }
            return content.text;
        } catch (IOException e) {
            return UNREADABLE;
        }
    }
}
