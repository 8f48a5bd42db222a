package org.mailevents.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.mailevents.support.InProcess;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The spool is replayed one batch at a time. A webhook that waits for its INSERT is not replayed a second time. */
class ReplayOneAtATimeTest {

    private final TestDatabase postgres = TestDatabase.postgres();
    private final Path spool = OwnProcess.folder().resolve("spool");

    @Test
    void whatWaitsForItsInsertIsNotSentInAgain() throws SQLException, IOException {
        // Given
        ObjectNode delivery = Payload.delivery("succeeded");
        try (InProcess application = TestSettings.of(postgres).with("spool.directory", spool).startInProcess();
                Connection other = DriverManager.getConnection(postgres.url(), postgres.username(), postgres.password())) {
            other.setAutoCommit(false);
            other.createStatement().execute("LOCK TABLE mail_event IN SHARE MODE");

            // When
            Files.writeString(spool.resolve("one.json"), Payload.json("deliveries", delivery));
            await().until(() -> application.context().getInflightRepository().size("store-events") > 0);

            // Then
            await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(4))
                    .until(() -> application.context().getInflightRepository().size("store-events") < 2);
            other.rollback();
            await().until(() -> !Files.exists(spool.resolve("one.json")));
            await().during(Duration.ofSeconds(1)).until(() -> application.context().getInflightRepository().size("store-events") == 0);
            assertThat(application.log().lines().filter(line -> line.contains("webhook from the spool"))).hasSize(1);
        }
    }
}
