package org.mailevents.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/**
 * The sender of the benchmark, which runs in its own process. On each connection it posts a webhook, waits for the answer and posts the
 * next webhook. It uses as little processor time as possible, because it shares the processor with the server. So one thread writes numbers
 * into prepared requests.
 * <p>A message has two events, usually queued and then succeeded. The number of the message determines its Message-ID and its recipient.
 * The Message-IDs are spread at random, like the vendor's.
 */
final class Driver {

    static final int RECIPIENTS = 250_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Placeholders in the prepared requests. They look the same in JSON and in a form. */
    private static final String MESSAGE_ID = "MMMMMMMM-MMMM-MMMM";
    private static final String RECIPIENT = "RRRRRR";
    /** All events of a turn happen when it begins, as the vendor writes it. So they go into the partition of the present. */
    private static final String CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneId.of("Asia/Tokyo"))
            .format(Instant.now());
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    /** The factor that spreads numbers. It is odd, so that no two numbers have the same product (modulo 2^64). */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;
    private static final long TICK_NANOS = 10_000;

    private final Turn turn;
    private final Random random = new Random(1);
    /** How many answers took how many ticks; the last element counts all answers of 20 s and more. */
    private final int[] latencies = new int[2_000_000];
    private final Result result = new Result();
    /** The number of the next event: twice the number of its message, plus one for its second event. */
    private long next;
    private boolean measuring;
    private boolean ending;

    /**
     * The order for one turn.
     *
     * @param port        the port of the server on this machine
     * @param pid         the process id of the server
     * @param connections how many connections there are; each has one webhook in flight
     * @param first       the number of the first message; the next 2^32 numbers are reserved for this turn
     */
    record Turn(int port, long pid, Load load, int connections, double warmUpSeconds, double seconds, long first) {
    }

    /**
     * The kind of webhooks.
     *
     * @param events     how many events each webhook has
     * @param duplicates whether every second message is a repetition
     * @param bounces    whether each message bounces twice, with the codes 2 and 4, instead of being queued and succeeded
     */
    record Load(int events, boolean form, boolean duplicates, boolean bounces) {

        /** @param second whether the first event is the second event of its message */
        private ByteBuffer request(boolean second) {
            JsonNode[] elements = IntStream.range(0, events).mapToObj(i -> element(i % 2 == 0 == second)).toArray(JsonNode[]::new);
            String type = bounces ? "bounces" : "deliveries";
            byte[] body = (form ? Payload.form(type, elements) : Payload.json(type, elements))
                    .getBytes(StandardCharsets.UTF_8);
            byte[] head = ("POST " + MailEvents.PATH + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                    + (form ? MailEvents.FORM : MailEvents.JSON)
                    + "\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
            return ByteBuffer.allocateDirect(head.length + body.length).put(head).put(body).flip();
        }

        private ObjectNode element(boolean second) {
            ObjectNode element = bounces ? Payload.bounce(second ? "4" : "2") : Payload.delivery(second ? "succeeded" : "queued");
            return element.put("messageId", "<" + MESSAGE_ID + "-820a-c4e87987dbce@mta01.example.com>")
                    .put("to", "user" + RECIPIENT + "@example.jp").put("created", CREATED);
        }
    }

    /** The result of a turn. The counts of events include the warm-up; all other values are those of the measurement alone. */
    static final class Result {
        public long requests;
        public double seconds;
        public double p50Millis;
        public double p99Millis;
        public double cpuSeconds;
        public double peakMegabytes;
        /** Of the sender itself, from its start to its end. */
        public double senderCpuSeconds;
        /** How many different events were sent. */
        public long distinct;
        public long sent;
        public long received;
        public long stored;
        public long duplicates;
        public long rejected;
        public long spooled;
        /** The first answer that was not a receipt. */
        public String failure;
    }

    private Driver(Turn turn) {
        this.turn = turn;
        next = turn.first() * 2;
    }

    /** @param args a {@link Turn} as JSON; the {@link Result} is printed as JSON */
    public static void main(String... args) throws IOException {
        System.out.println(JSON.writeValueAsString(new Driver(JSON.readValue(args[0], Turn.class)).run()));
    }

    private Result run() throws IOException {
        ServerProcess.Usage server = new ServerProcess.Usage(turn.pid());
        try (Selector selector = Selector.open()) {
            List<Connection> connections = new ArrayList<>();
            for (int i = 0; i < turn.connections(); i++) {
                connections.add(new Connection(selector));
            }
            server.resetPeak();
            loop(selector, turn.warmUpSeconds());
            measuring = true;
            double cpu = server.cpuSeconds();
            long start = System.nanoTime();
            loop(selector, turn.seconds());
            measuring = false;
            result.seconds = (System.nanoTime() - start) / 1e9;
            result.cpuSeconds = server.cpuSeconds() - cpu;
            ending = true;
            long drained = System.nanoTime();
            while (result.failure == null && connections.stream().anyMatch(connection -> connection.busy)) {
                loop(selector, 0.001);
                if (System.nanoTime() - drained > 30e9) {
                    result.failure = "the server did not answer within 30 s";
                }
            }
        }
        result.peakMegabytes = server.peakMegabytes();
        result.senderCpuSeconds = new ServerProcess.Usage(ProcessHandle.current().pid()).cpuSeconds();
        result.p50Millis = percentile(0.50);
        result.p99Millis = percentile(0.99);
        return result;
    }

    private void loop(Selector selector, double seconds) throws IOException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        for (long left = end - System.nanoTime(); left > 0 && result.failure == null; left = end - System.nanoTime()) {
            selector.select(key -> ((Connection) key.attachment()).ready(key), Math.max(1, left / 1_000_000));
        }
    }

    private double percentile(double share) {
        long rank = (long) Math.ceil(result.requests * share);
        int tick = 0;
        for (long seen = latencies[0]; seen < rank; seen += latencies[tick]) {
            tick++;
        }
        return (tick + 0.5) * TICK_NANOS / 1e6;
    }

    private final class Connection {

        private final SocketChannel channel;
        private final SelectionKey key;
        /** The request that begins with the first event of a message, and the request that begins with the second one. */
        private final ByteBuffer[] requests = {turn.load().request(false), turn.load().request(true)};
        private final int[][] messageIds = {places(requests[0], MESSAGE_ID), places(requests[1], MESSAGE_ID)};
        private final int[][] recipients = {places(requests[0], RECIPIENT), places(requests[1], RECIPIENT)};
        private final ByteBuffer answer = ByteBuffer.allocate(16_384);
        private ByteBuffer request;
        private long sentAt;
        private boolean busy;

        Connection(Selector selector) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", turn.port()));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
            send();
        }

        void ready(SelectionKey key) {
            try {
                if (key.isWritable()) {
                    write();
                }
                if (key.isReadable() && read() && !ending) {
                    send();
                }
            } catch (IOException | RuntimeException e) {
                fail(e.toString());
            }
        }

        private void send() throws IOException {
            int events = turn.load().events();
            int which = (int) (next & 1);
            request = requests[which].clear();
            long repeated = 0;
            for (int i = 0; i < events; i++) {
                if (turn.load().duplicates() && i / 2 % 2 == 1) {
                    repeated = i % 2 == 0 ? random.nextLong(turn.first(), next >> 1) : repeated;
                    patch(which, i, repeated);
                } else {
                    patch(which, i, next++ >> 1);
                    result.distinct++;
                }
            }
            busy = true;
            sentAt = System.nanoTime();
            result.sent += events;
            write();
        }

        private void patch(int which, int event, long message) {
            long spread = message * SPREAD;
            int at = messageIds[which][event];
            for (int digit = 0; digit < 16; digit++) {
                request.put(at + digit + (digit < 8 ? 0 : digit < 12 ? 1 : 2), HEX[(int) (spread >>> 60 - 4 * digit) & 15]);
            }
            int recipient = (int) ((spread >>> 20) % RECIPIENTS);
            for (int place = recipients[which][event] + RECIPIENT.length() - 1; place >= recipients[which][event]; place--) {
                request.put(place, HEX[recipient % 10]);
                recipient /= 10;
            }
        }

        private void write() throws IOException {
            channel.write(request);
            key.interestOps(request.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        /** Whether the answer is complete. */
        private boolean read() throws IOException {
            if (channel.read(answer) < 0) {
                fail("the server closed the connection");
                return false;
            }
            String text = new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
            int body = text.indexOf("\r\n\r\n") + 4;
            if (body < 4 || !isComplete(text, body)) {
                return false;
            }
            answer.clear();
            busy = false;
            if (!text.startsWith("HTTP/1.1 200") || text.indexOf("{\"received\":", body) < 0) {
                fail(text);
                return false;
            }
            result.received += count(text, body, "received");
            result.stored += count(text, body, "stored");
            result.duplicates += count(text, body, "duplicates");
            result.rejected += count(text, body, "rejected");
            result.spooled += count(text, body, "spooled");
            if (measuring) {
                result.requests++;
                latencies[(int) Math.min((System.nanoTime() - sentAt) / TICK_NANOS, latencies.length - 1)]++;
            }
            return true;
        }
    }

    private void fail(String what) {
        if (result.failure == null) {
            result.failure = what;
        }
    }

    /** Whether the body has the length of the header, or the last chunk has arrived (RFC 9112, section 7.1). */
    private static boolean isComplete(String answer, int body) {
        int header = answer.toLowerCase(Locale.ROOT).indexOf("\r\ncontent-length:");
        return header < 0 || header > body
                ? answer.endsWith("\r\n0\r\n\r\n")
                : answer.length() >= body + Integer.parseInt(answer.substring(header + 17, answer.indexOf("\r\n", header + 2)).strip());
    }

    private static int count(String text, int body, String name) {
        int at = text.indexOf("\"" + name + "\":", body) + name.length() + 3;
        int count = 0;
        for (char digit = text.charAt(at); Character.isDigit(digit); digit = text.charAt(++at)) {
            count = count * 10 + digit - '0';
        }
        return count;
    }

    private static int[] places(ByteBuffer request, String mark) {
        byte[] bytes = new byte[request.limit()];
        request.get(0, bytes);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return IntStream.iterate(text.indexOf(mark), at -> at >= 0, at -> text.indexOf(mark, at + 1)).toArray();
    }
}
