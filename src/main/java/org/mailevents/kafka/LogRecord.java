package org.mailevents.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.mailevents.event.WebhookBody;
import org.mailevents.log.FailedStep;

/**
 * A webhook as a record of the log. The value is the body, without the secret. Everything else is in headers, and each of them may be
 * missing: whoever may write to the topic can append a webhook, too.
 *
 * @param appendedAt when the record was appended, which is the timestamp of the record
 * @param receivedAt when the webhook arrived
 * @param attempts   how often the attempt to store it has failed
 * @param failed     the step that failed last, or null
 */
record LogRecord(Instant appendedAt, Instant receivedAt, WebhookBody body, int attempts, FailedStep failed) {

    private static final String RECEIVED_AT = "received-at";
    private static final String CONTENT_TYPE = "content-type";
    private static final String ATTEMPTS = "attempts";
    private static final String FAILED_ROUTE = "failed-route";
    private static final String FAILED_PLACE = "failed-place";

    /** A webhook that was not tried yet. */
    static LogRecord of(Instant receivedAt, WebhookBody body) {
        return new LogRecord(null, receivedAt, body, 0, null);
    }

    static LogRecord read(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value() == null ? new byte[0] : record.value();
        Instant appendedAt = Instant.ofEpochMilli(record.timestamp());
        boolean form = WebhookBody.FORM.equals(text(record.headers(), CONTENT_TYPE));
        String route = text(record.headers(), FAILED_ROUTE);
        return new LogRecord(appendedAt, receivedAt(record.headers(), appendedAt),
                WebhookBody.of(form, StandardCharsets.UTF_8, value, value.length), attempts(record.headers()),
                route == null ? null : new FailedStep(route, text(record.headers(), FAILED_PLACE)));
    }

    /** The same webhook after an attempt that has failed. */
    LogRecord failedAt(FailedStep step) {
        return new LogRecord(null, receivedAt, body, attempts + 1, step);
    }

    /** The record has no key, so that the records of all webhooks spread over the partitions. */
    ProducerRecord<byte[], byte[]> in(String topic, byte[] value) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, value);
        add(record, RECEIVED_AT, receivedAt.toString());
        add(record, CONTENT_TYPE, body.form() ? WebhookBody.FORM : WebhookBody.JSON);
        if (attempts > 0) {
            add(record, ATTEMPTS, String.valueOf(attempts));
            add(record, FAILED_ROUTE, failed.route());
            add(record, FAILED_PLACE, failed.place());
        }
        return record;
    }

    private static void add(ProducerRecord<byte[], byte[]> record, String name, String value) {
        if (value != null) {
            record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static Instant receivedAt(Headers headers, Instant otherwise) {
        try {
            String text = text(headers, RECEIVED_AT);
            return text == null ? otherwise : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return otherwise;
        }
    }

    private static int attempts(Headers headers) {
        String text = text(headers, ATTEMPTS);
        return text != null && text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    }

    private static String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** No body, because error messages quote their objects, and no address may get into a log. */
    @Override
    public String toString() {
        return "LogRecord[receivedAt=" + receivedAt + ", attempts=" + attempts + "]";
    }

    /** Compares the identity: two records may have the same content. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
