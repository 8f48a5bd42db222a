package org.mailevents.event;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * The body of a webhook, as bytes. It can be read from its beginning any number of times. Reading it needs no memory of its size, because a
 * caller without a secret must not cost more memory than the body itself.
 */
public interface WebhookBody {

    String JSON = "application/json";
    String FORM = "application/x-www-form-urlencoded";

    /** In bytes. Up to this size the whole body may become one text. */
    int SMALL = 100_000;

    /** Whether the body is {@code application/x-www-form-urlencoded}. Otherwise it is JSON. */
    boolean form();

    /** The charset that the sender announced, or UTF-8. */
    Charset charset();

    /** The length in bytes. */
    long length();

    /** @throws IOException if the body is a file that cannot be read */
    InputStream open() throws IOException;

    /**
     * The body as text.
     *
     * @param flaws the action for bytes that do not fit the charset. With {@link CodingErrorAction#REPORT} the reader throws a
     *              {@link java.nio.charset.CharacterCodingException}. Java would replace such bytes by default, and two events could become
     *              equal
     */
    default Reader text(CodingErrorAction flaws) throws IOException {
        return text(open(), charset(), flaws);
    }

    /** A reader that decodes bytes. */
    static Reader text(InputStream bytes, Charset charset, CodingErrorAction flaws) {
        return new InputStreamReader(bytes, charset.newDecoder().onMalformedInput(flaws).onUnmappableCharacter(flaws));
    }

    /**
     * A reader of a small body. Java makes a String from UTF-8 several times as fast as a reader. It replaces bytes that do not fit by
     * U+FFFD. This character is rarely sent, so only a text that contains it is decoded again by a reader.
     */
    static Reader text(byte[] bytes, int length, Charset charset, CodingErrorAction flaws) {
        if (charset.equals(StandardCharsets.UTF_8)) {
            String text = new String(bytes, 0, length, charset);
            if (text.indexOf('\uFFFD') < 0) {
                return new StringReader(text);
            }
        }
        return text(new ByteArrayInputStream(bytes, 0, length), charset, flaws);
    }

    /**
     * A body in memory.
     *
     * @param bytes  the bytes of the body, and unused bytes behind them
     * @param length the length of the body in bytes
     */
    static WebhookBody of(boolean form, Charset charset, byte[] bytes, int length) {
        return new InMemory(form, charset, bytes, length);
    }

    /** A body in memory from a text. */
    static WebhookBody of(boolean form, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return of(form, StandardCharsets.UTF_8, bytes, bytes.length);
    }

    /** See {@link #of(boolean, Charset, byte[], int)}. */
    record InMemory(boolean form, Charset charset, byte[] bytes, int size) implements WebhookBody {

        @Override
        public long length() {
            return size;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes, 0, size);
        }

        @Override
        public Reader text(CodingErrorAction flaws) throws IOException {
            return size <= SMALL ? WebhookBody.text(bytes, size, charset, flaws) : WebhookBody.super.text(flaws);
        }

        /** The length only. Error messages quote their objects, and no address may get into a log. */
        @Override
        public String toString() {
            return "Body[" + size + "]";
        }
    }
}
