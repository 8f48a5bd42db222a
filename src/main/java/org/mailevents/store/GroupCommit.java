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
 * Group commit. Webhooks that arrive while an INSERT runs wait in a bounded queue and share the next INSERT. Each of them is stored when
 * that INSERT has committed. No webhook waits for company: when no INSERT runs, one begins at once with the webhooks in the queue.
 */
final class GroupCommit extends ServiceSupport {

    /** Writes several webhooks into the database together. */
    @FunctionalInterface
    interface Writer {

        /**
         * @return the receipts, in the order of the webhooks
         * @throws Exception when none of the webhooks may be taken as stored
         */
        List<Receipt> write(List<Webhook> webhooks) throws Exception;
    }

    /**
     * @param writers how many INSERTs may run at a time; all but the first run only for full batches
     * @param batch   how many events share an INSERT; a webhook with more events has an INSERT to itself
     * @param events  how many events may wait in the queue
     * @param bytes   how large the bodies of the webhooks in the queue may be, in characters
     * @param maxWait how long a webhook may take, from the queue to the commit
     */
    record Limits(int writers, int batch, int events, long bytes, Duration maxWait) {
    }

    /**
     * A webhook that waits or is being inserted.
     *
     * @param receipt completes with the receipt or with the failure
     * @param since   when the webhook entered the queue, as {@link System#nanoTime()} gave it
     */
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
    /** The groups whose INSERTs run now; at most one group for each writer. */
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
     * Puts a webhook into the queue, and does not wait for its INSERT.
     *
     * @return completes with the receipt after the commit. It fails with {@link StoreBusy} when the queue is full or the webhook has waited
     *         too long, or with the exception of the writer
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
     * Gives up the webhooks that have taken too long, in the queue or in their INSERT. An INSERT that has begun may still commit later, for
     * instance when a lock on the table is released. Its events are then duplicates when they come back from the spool.
     */
    void expire() {
        for (Entry entry = takeExpired(); entry != null; entry = takeExpired()) {
            giveUp(entry, "the webhook waited for its INSERT for more than ");
        }
        for (List<Entry> group : inserting) {
            group.stream().filter(entry -> entry.isOlderThan(limits.maxWait) && !entry.receipt.isDone())
                    .forEach(entry -> giveUp(entry, "its INSERT took more than "));
        }
    }

    private void giveUp(Entry entry, String why) {
        entry.receipt.completeExceptionally(new StoreBusy(why + limits.maxWait.toMillis() + " ms"));
    }

    /** How many events wait for an INSERT. */
    synchronized int waitingEvents() {
        return events;
    }

    /** The oldest webhook of the queue, taken out of it, or null when that webhook may still wait. */
    private synchronized Entry takeExpired() {
        return queue.isEmpty() || !queue.peek().isOlderThan(limits.maxWait) ? null : take();
    }

    private synchronized void enter(Entry entry) throws StoreBusy {
        // an empty queue takes any webhook: a webhook larger than the limits must get through, too
        if (stopped || !queue.isEmpty() && (events + entry.events() > limits.events || bytes + entry.bytes() > limits.bytes)) {
            throw new StoreBusy(stopped ? "the application is stopping" : events + " events wait for the database: see store.queue");
        }
        queue.add(entry);
        count(entry, 1);
        if (isInsertDue()) {
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

    /**
     * Whether an INSERT should begin now. A second INSERT beside a running one pays only for a full batch: many small INSERTs cost more.
     */
    private boolean isInsertDue() {
        return !queue.isEmpty() && (writing == 0 || events >= limits.batch);
    }

    /**
     * Waits for the next group of webhooks that share an INSERT. The group is empty only when this service has stopped and its queue is
     * empty.
     */
    private synchronized List<Entry> takeGroup() throws InterruptedException {
        while (!isInsertDue() && !stopped) {
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

    private synchronized void insertEnded() {
        writing--;
    }

    /** An Error, for instance OutOfMemoryError, does not end a writer: without writers, nothing would be stored any more. */
    private void writeUntilStopped() {
        boolean more = true;
        while (more) {
            try {
                more = writeNext();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                more = false;
            } catch (Throwable e) {
                more = true; // the next INSERT may succeed
            }
        }
    }

    /** @return whether there may be more to write */
    private boolean writeNext() throws InterruptedException {
        List<Entry> group = takeGroup();
        try {
            if (!group.isEmpty()) {
                write(group);
            }
            return !group.isEmpty();
        } finally {
            insertEnded();
        }
    }

    private void write(List<Entry> group) {
        inserting.add(group);
        try {
            List<Receipt> receipts = writer.write(group.stream().map(Entry::webhook).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).receipt.complete(receipts.get(i));
            }
        } catch (Throwable failure) { // each webhook must get an answer, whatever the failure was
            group.forEach(entry -> entry.receipt.completeExceptionally(failure));
        } finally {
            inserting.remove(group);
        }
    }

    @Override
    protected synchronized void doStart() {
        stopped = false;
        for (int i = 1; i <= limits.writers; i++) {
            new Thread(this::writeUntilStopped, "insert-events-" + i).start();
        }
    }

    /**
     * The writers end when the queue is empty. This method does not interrupt them, because H2 closes its file when a thread is
     * interrupted.
     */
    @Override
    protected synchronized void doStop() {
        stopped = true;
        notifyAll();
    }
}
