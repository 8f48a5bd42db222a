package org.mailevents.store;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.support.service.ServiceSupport;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;

/**
 * Group commit: webhooks that come while an INSERT runs wait in a bounded queue and share the next one, and each is done when that one
 * has committed. Nothing waits for company: when no INSERT runs, one begins with what is there.
 */
final class GroupCommit extends ServiceSupport {

    /** Puts webhooks into the database together. */
    @FunctionalInterface
    interface Writer {

        /**
         * @return the receipts, in the order of the webhooks
         * @throws Exception when none of them can be taken as stored
         */
        List<Receipt> write(List<Webhook> webhooks) throws Exception;
    }

    /**
     * What may be on its way at a time.
     *
     * @param writers how many INSERTs; all but the first only for full batches
     * @param batch   events of an INSERT; a webhook with more of them goes by itself
     * @param events  events in the queue
     * @param bytes   of their bodies in the queue, about
     * @param maxWait how long a webhook waits, for its INSERT and in it
     */
    record Limits(int writers, int batch, int events, long bytes, Duration maxWait) {
    }

    /** What becomes of a webhook: a receipt, or why there is none. */
    private record Entry(Webhook webhook, CompletableFuture<Receipt> receipt, long since) {

        Entry(Webhook webhook) {
            this(webhook, new CompletableFuture<>(), System.nanoTime());
        }

        int events() {
            return webhook.received();
        }

        long bytes() {
            return webhook.length();
        }

        boolean isOlderThan(Duration age) {
            return System.nanoTime() - since > age.toNanos();
        }
    }

    private final Limits limits;
    private final Writer writer;
    private final Deque<Entry> queue = new ArrayDeque<>();
    /** What is in an INSERT now; at most one for each writer. */
    private final Collection<List<Entry>> inserting = new CopyOnWriteArrayList<>();
    private int events;
    private long bytes;
    private int writing;
    private boolean stopped;

    GroupCommit(Limits limits, Writer writer) {
        this.limits = limits;
        this.writer = writer;
    }

    /**
     * Has a webhook stored, and does not wait for it.
     *
     * @return its receipt once it has been committed; or {@link StoreBusy} when the queue is full or does not get to it in time, or what the
     *         writer threw
     */
    CompletableFuture<Receipt> store(Webhook webhook) {
        Entry entry = new Entry(webhook);
        try {
            enter(entry);
        } catch (StoreBusy e) {
            entry.receipt.completeExceptionally(e);
        }
        return entry.receipt;
    }

    /**
     * Gives up those that have waited too long, for their INSERT or in it. An INSERT that has begun may still commit, as when a lock on the table is
     * released: its events are then duplicates when they come back out of the spool.
     */
    void expire() {
        for (Entry entry = tooOld(); entry != null; entry = tooOld()) {
            giveUp(entry, "the INSERTs before this one take more than ");
        }
        for (List<Entry> group : inserting) {
            group.stream().filter(entry -> entry.isOlderThan(limits.maxWait) && !entry.receipt.isDone()).forEach(entry -> giveUp(entry, "its INSERT takes more than "));
        }
    }

    private void giveUp(Entry entry, String why) {
        entry.receipt.completeExceptionally(new StoreBusy(why + limits.maxWait.toMillis() + " ms"));
    }

    /** How many events wait for an INSERT. */
    synchronized int waiting() {
        return events;
    }

    private synchronized Entry tooOld() {
        return queue.isEmpty() || !queue.peek().isOlderThan(limits.maxWait) ? null : take();
    }

    private synchronized void enter(Entry entry) throws StoreBusy {
        // what alone is more than the limits must get through, too
        if (stopped || !queue.isEmpty() && (events + entry.events() > limits.events || bytes + entry.bytes() > limits.bytes)) {
            throw new StoreBusy(stopped ? "it is being closed" : events + " events wait for the database: see store.queue");
        }
        queue.add(entry);
        count(entry, 1);
        if (isDue()) {
            notify();
        }
    }

    private Entry take() {
        Entry entry = queue.remove();
        count(entry, -1);
        return entry;
    }

    private void count(Entry entry, int sign) {
        events += sign * entry.events();
        bytes += sign * entry.bytes();
    }

    /** While an INSERT runs, another one at its side is worth while only for a full batch: many small ones cost more. */
    private boolean isDue() {
        return !queue.isEmpty() && (writing == 0 || events >= limits.batch);
    }

    /** As many as wait and may share an INSERT; none when there is nothing more to do. */
    private synchronized List<Entry> next() throws InterruptedException {
        while (!isDue() && !stopped) {
            wait();
        }
        List<Entry> group = new ArrayList<>();
        int rows = 0;
        while (!queue.isEmpty() && (group.isEmpty() || rows + queue.peek().events() <= limits.batch)) {
            group.add(queue.peek());
            rows += take().events();
        }
        writing++;
        return group;
    }

    private synchronized void written() {
        writing--;
    }

    /** An Error, for instance for lack of memory, ends no writer: without writers nothing would be stored any more. */
    private void write() {
        boolean more = true;
        while (more) {
            try {
                more = writeNext();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                more = false;
            } catch (Throwable e) {
                more = true; // the next webhooks may fare better
            }
        }
    }

    private boolean writeNext() throws InterruptedException {
        List<Entry> group = next();
        try {
            if (!group.isEmpty()) {
                write(group);
            }
            return !group.isEmpty();
        } finally {
            written();
        }
    }

    private void write(List<Entry> group) {
        inserting.add(group);
        try {
            List<Receipt> receipts = writer.write(group.stream().map(Entry::webhook).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).receipt.complete(receipts.get(i));
            }
        } catch (Throwable failure) { // each of them must be answered, whatever it was
            group.forEach(entry -> entry.receipt.completeExceptionally(failure));
        } finally {
            inserting.remove(group);
        }
    }

    @Override
    protected synchronized void doStart() {
        stopped = false;
        for (int i = 1; i <= limits.writers; i++) {
            new Thread(this::write, "insert-events-" + i).start();
        }
    }

    /** The writers end when the queue is empty. They are not interrupted: H2 would close its file. */
    @Override
    protected synchronized void doStop() {
        stopped = true;
        notifyAll();
    }
}
