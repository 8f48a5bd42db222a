package org.mailevents.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Collectors;
import org.mailevents.bench.CeilingReader.Row;
import org.mailevents.support.MailEvents;

/**
 * The yardstick: a server written by hand for this one purpose, without Camel. It does the same as Mail Events with valid webhooks, and is
 * as durable. Webhooks that arrive while an INSERT runs share the next INSERT, and are answered when it has committed.
 */
public final class Ceiling extends AbstractVerticle {

    private static final int EVENT_LOOPS = Integer.getInteger("ceiling.loops", 1);
    private static final int WRITERS = Integer.getInteger("ceiling.writers", 2);
    /** How many events share an INSERT. */
    private static final int GROUP = Integer.getInteger("ceiling.group", 1_000);

    private static final BlockingQueue<Waiting> QUEUE = new ArrayBlockingQueue<>(10_000);

    private final CeilingReader reader = new CeilingReader();

    /** A webhook that has been read and waits for its INSERT. */
    private record Waiting(List<Row> rows, HttpServerRequest request, Context loop) {
    }

    public static void main(String... args) {
        for (int i = 0; i < WRITERS; i++) {
            new Thread(new Writer(), "writer-" + i).start();
        }
        Vertx.vertx().deployVerticle(Ceiling.class, new DeploymentOptions().setInstances(EVENT_LOOPS));
    }

    @Override
    public void start() {
        vertx.createHttpServer().requestHandler(request -> request.body().onSuccess(body -> enter(request, body)))
                .listen(Integer.parseInt(System.getenv("CAMEL_SERVER_PORT")), "127.0.0.1");
    }

    private void enter(HttpServerRequest request, Buffer body) {
        try {
            boolean form = MailEvents.FORM.equals(request.getHeader(HttpHeaders.CONTENT_TYPE));
            if (!QUEUE.offer(new Waiting(reader.read(body.getBytes(), form), request, context))) {
                request.response().setStatusCode(503).end();
            }
        } catch (IOException e) {
            request.response().setStatusCode(400).end(e.getMessage());
        }
    }

    private static final class Writer implements Runnable {

        private static final String SQL = "INSERT INTO mail_event (" + String.join(", ", Columns.NAMES) + ") SELECT * FROM UNNEST("
                + Columns.NAMES.stream().map(name -> "CAST(? AS " + Columns.type(name) + "[])").collect(Collectors.joining(", "))
                + ") ON CONFLICT DO NOTHING RETURNING event_id";

        @Override
        public void run() {
            List<Waiting> group = new ArrayList<>();
            try (Connection connection = DriverManager.getConnection(System.getenv("DATABASE_URL"), System.getenv("DATABASE_USERNAME"),
                    System.getenv("DATABASE_PASSWORD")); PreparedStatement insert = connection.prepareStatement(SQL)) {
                for (;;) {
                    group.clear();
                    int rows = 0;
                    for (Waiting next = QUEUE.take(); next != null; next = rows < GROUP ? QUEUE.poll() : null) {
                        group.add(next);
                        rows += next.rows().size();
                    }
                    write(connection, insert, group, rows);
                }
            } catch (SQLException | InterruptedException e) {
                e.printStackTrace();
                System.exit(1);
            }
        }

        private static void write(Connection connection, PreparedStatement insert, List<Waiting> group, int size) throws SQLException {
            List<Row> rows = new ArrayList<>(size);
            group.forEach(waiting -> rows.addAll(waiting.rows()));
            // All writers use the same order. Otherwise two writers with the same events could wait for each other.
            rows.sort(Comparator.comparing(row -> row.id));
            insert.setArray(1, connection.createArrayOf("uuid", rows.stream().map(row -> row.id).toArray()));
            for (int column = 1; column < Columns.NAMES.size(); column++) {
                String[] values = new String[size];
                for (int i = 0; i < size; i++) {
                    values[i] = rows.get(i).column(column);
                }
                insert.setArray(column + 1, connection.createArrayOf("varchar", values));
            }
            Set<UUID> inserted = new HashSet<>(2 * size);
            try (ResultSet ids = insert.executeQuery()) {
                while (ids.next()) {
                    inserted.add(ids.getObject(1, UUID.class));
                }
            }
            answer(group, inserted);
        }

        /** Wakes each event loop only once for all its answers. */
        private static void answer(List<Waiting> group, Set<UUID> inserted) {
            Map<Context, Map<HttpServerRequest, Buffer>> answers = new HashMap<>();
            for (Waiting waiting : group) {
                int received = waiting.rows().size();
                int stored = 0;
                for (Row row : waiting.rows()) {
                    stored += inserted.remove(row.id) ? 1 : 0;
                }
                answers.computeIfAbsent(waiting.loop(), loop -> new HashMap<>()).put(waiting.request(), Buffer.buffer(
                        "{\"received\":" + received + ",\"stored\":" + stored + ",\"duplicates\":" + (received - stored)
                                + ",\"rejected\":0,\"spooled\":0}"));
            }
            answers.forEach((loop, ready) -> loop.runOnContext(now -> ready.forEach((request, receipt) ->
                    request.response().putHeader(HttpHeaders.CONTENT_TYPE, MailEvents.JSON).end(receipt))));
        }
    }
}
