package org.mailevents.bench;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.mailevents.bench.Benchmark.Case;
import org.mailevents.bench.Driver.Result;
import org.mailevents.bench.Driver.Turn;

/** Drives one server after the other, and counts the rows after each turn. */
final class Turns {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Tables tables;
    private long turns;

    Turns(Tables tables) {
        this.tables = tables;
    }

    /**
     * Sends webhooks to a server, and then checks that the table holds every event that the server acknowledged.
     *
     * @param label names the server in an error
     * @param big   whether the big table is used
     */
    Result run(String label, ServerProcess server, boolean big, Case load, double warmUp, double seconds)
            throws IOException, InterruptedException {
        tables.use(big);
        Instant start = Instant.now();
        Result result = drive(new Turn(server.port, server.pid(), load.load(), load.connections(), warmUp, seconds, ++turns << 32));
        if (result.failure != null) {
            throw new IllegalStateException(label + " answered: " + result.failure);
        }
        if (result.received != result.sent || result.rejected > 0
                || result.received != result.stored + result.duplicates + result.spooled) {
            throw new IllegalStateException(label + " gave a wrong receipt: " + JSON.writeValueAsString(result));
        }
        await(label + ": a row for each of " + result.distinct + " events").atMost(Duration.ofMinutes(1))
                .until(() -> tables.receivedSince(start) == result.distinct);
        if (result.spooled == 0 && result.stored != result.distinct) {
            throw new IllegalStateException(label + " stored " + result.distinct + " events and acknowledged " + result.stored);
        }
        return result;
    }

    /** The driver runs for seconds only: the quick compiler suits it. */
    static Result drive(Turn turn) throws IOException, InterruptedException {
        Process driver = new ProcessBuilder(ServerProcess.JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Xshare:auto",
                "-classpath", System.getProperty("java.class.path"), Driver.class.getName(), JSON.writeValueAsString(turn))
                .redirectError(Redirect.INHERIT).start();
        try {
            String result = new String(driver.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (driver.waitFor() != 0) {
                throw new IllegalStateException("the driver failed");
            }
            return JSON.readValue(result, Result.class);
        } finally {
            driver.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }
}
