package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.Payload;

/** Somebody copies files into the spool, for instance to move a backlog from another machine. */
public interface SpoolCases extends Cases {

    @ParameterizedTest
    @CsvSource({"copied,.json", "20261001T090000.000000Z-copied,.json", "copied,.form"})
    default void aFileThatIsStillBeingCopiedIsStoredAsAWhole(String name, String ending) throws Exception {
        // Given
        ObjectNode[] deliveries = IntStream.range(0, 200).mapToObj(i -> Payload.delivery("failed")).toArray(ObjectNode[]::new);
        byte[] content = (ending.equals(".json") ? Payload.json("deliveries", deliveries) : Payload.form("deliveries", deliveries))
                .getBytes(StandardCharsets.UTF_8);
        Path file = application().spool().resolve(name + "-" + UUID.randomUUID() + ending);
        ScheduledExecutorService copying = Executors.newSingleThreadScheduledExecutor();
        int parts = 15;

        // When
        for (int i = 0; i < parts; i++) {
            byte[] part = Arrays.copyOfRange(content, content.length * i / parts, content.length * (i + 1) / parts);
            copying.schedule(() -> Files.write(file, part, StandardOpenOption.CREATE, StandardOpenOption.APPEND), 200L * i,
                    TimeUnit.MILLISECONDS);
        }
        copying.shutdown();
        assertThat(copying.awaitTermination(1, TimeUnit.MINUTES)).isTrue();

        // Then
        await().until(() -> !Files.exists(file));
        assertThat(application().spool().resolve("failed").resolve(file.getFileName())).doesNotExist();
        assertThat(deliveries).allSatisfy(this::stored);
    }

    @Test
    default void aFileThatNobodyCanReadIsSetAsideWithItsReason() {
        // Given
        String name = UUID.randomUUID() + ".json";
        String half = "{\"event_type\": \"deliveries\", \"event\": {\"deliveries\": [{\"to\": \"";
        Path failed = application().spool().resolve("failed");

        // When
        write(application().spool().resolve(name), half);

        // Then
        await().until(() -> Files.exists(failed.resolve(name)) && Files.exists(failed.resolve(name + ".reason.txt")));
        assertThat(failed.resolve(name)).hasContent(half);
        assertThat(failed.resolve(name + ".reason.txt")).content().contains("is not JSON");
        assertThat(application().spool().resolve(name)).doesNotExist();
    }

    private static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
