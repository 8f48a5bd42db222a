package org.mailevents.spool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mailevents.support.TemporaryFolder;

/** No webhook of the spool takes the place of another. */
class SpoolFolderTest {

    @Test
    void whatIsTriedAgainReplacesNoFileThatWaits() throws IOException {
        // Given
        Path directory = TemporaryFolder.create("spool");
        SpoolFolder folder = SpoolFolder.open(directory);
        Path failed = Files.writeString(directory.resolve("failed/ours.json"), "failed");
        Path corrected = Files.writeString(directory.resolve("ours.json"), "corrected");

        // When, Then
        assertThat(folder.moveBack("ours.json")).isFalse();
        assertThat(failed).hasContent("failed");
        assertThat(corrected).hasContent("corrected");

        // When, Then
        Files.delete(corrected);
        assertThat(folder.moveBack("ours.json")).isTrue();
        assertThat(failed).doesNotExist();
        assertThat(corrected).hasContent("failed");
        assertThat(folder.moveBack("ours.json")).isFalse();
    }
}
