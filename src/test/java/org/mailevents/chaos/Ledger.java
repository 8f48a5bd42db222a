package org.mailevents.chaos;

import static org.mailevents.support.Answers.number;

import java.net.http.HttpResponse;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** The events that the callers have sent, and the answers. Only a 200 acknowledges. Without an answer, the result is unknown. */
final class Ledger {

    final Set<NumberedEvent> sent = ConcurrentHashMap.newKeySet();
    final Set<NumberedEvent> acknowledged = ConcurrentHashMap.newKeySet();
    final AtomicInteger posts = new AtomicInteger();
    final AtomicInteger accepted = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
    final AtomicInteger refusedAtStartOrStop = new AtomicInteger();
    final AtomicInteger unanswered = new AtomicInteger();
    final AtomicInteger refusedByProxy = new AtomicInteger();
    final AtomicInteger spooled = new AtomicInteger();
    final Collection<Long> millis = new ConcurrentLinkedQueue<>();
    /** The answers that should not occur, and the number of each. */
    final Map<String, Integer> wrong = new ConcurrentHashMap<>();

    private volatile boolean noRoom;

    /** The time in ms within which this share of the webhooks was answered. A share of 1 means all webhooks. */
    long answeredWithin(double share) {
        long[] sorted = millis.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(share * sorted.length) - 1];
    }

    int answers() {
        return accepted.get() + refused.get();
    }

    /** Notes whether the database is down and the spool is full, so that a 503 is the right answer. */
    void noRoom(boolean now) {
        noRoom = now;
    }

    void posted(Collection<NumberedEvent> events) {
        posts.incrementAndGet();
        sent.addAll(events);
    }

    void unanswered() {
        unanswered.incrementAndGet();
    }

    /** How often a caller had to repeat a webhook because of a process that stops or has died. */
    int repeats() {
        return refusedAtStartOrStop.get() + unanswered.get() + refusedByProxy.get();
    }

    /** @return whether this answer acknowledges the events */
    boolean answered(List<NumberedEvent> events, HttpResponse<String> answer, long millis) {
        this.millis.add(millis);
        if (List.of(502, 503, 504).contains(answer.statusCode()) && !isOfMailEvents(answer)) {
            refusedByProxy.incrementAndGet();
            return false;
        }
        switch (answer.statusCode()) {
            case 200 -> {
                accepted.incrementAndGet();
                acknowledged.addAll(events);
                spooled.addAndGet(number(answer, "spooled"));
                int sum = number(answer, "stored") + number(answer, "duplicates") + number(answer, "spooled");
                if (number(answer, "received") != events.size() || sum != events.size()) {
                    wrong(answer.body() + " for " + events.size() + " events");
                }
                return true;
            }
            case 503 -> {
                if (answer.body().contains("starting or stopping")) {
                    refusedAtStartOrStop.incrementAndGet();
                } else {
                    refused.incrementAndGet();
                    if (!noRoom) {
                        wrong("503 " + answer.body());
                    }
                }
                if (answer.headers().firstValue("Retry-After").isEmpty()) {
                    wrong("503 without Retry-After: " + answer.body());
                }
            }
            default -> wrong(answer.statusCode() + " " + answer.body());
        }
        return false;
    }

    /** The load balancer's own errors are web pages. */
    private static boolean isOfMailEvents(HttpResponse<String> answer) {
        return answer.headers().firstValue("Content-Type").orElse("").startsWith("application/");
    }

    private void wrong(String answer) {
        wrong.merge(answer, 1, Integer::sum);
    }
}
