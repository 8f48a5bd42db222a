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
 * The body of a webhook, as bytes. It is read from its beginning as often as needed, and nothing of its size is made of it: whoever has no
 * secret must cost no more memory than what was sent.
 */
public interface WebhookBody {

    String JSON = "application/json";
    String FORM = "application/x-www-form-urlencoded";

    /** Bytes, of which a text may be made as a whole. */
    int SMALL = 100_000;

    /** Whether it is {@code application/x-www-form-urlencoded}; otherwise it is JSON. */
    boolean form();

    /** The charset that its sender announced, or UTF-8. */
    Charset charset();

    /** In bytes. */
    long length();

    /** @throws IOException if it is a file that cannot be read */
    InputStream open() throws IOException;

    /**
     * The text.
     *
     * @param flaws what becomes of bytes that do not fit the charset; with {@link CodingErrorAction#REPORT} a reader of them throws a
     *              {@link java.nio.charset.CharacterCodingException}, where Java by itself would replace them and so make two events one
     */
    default Reader text(CodingErrorAction flaws) throws IOException {
        return text(open(), charset(), flaws);
    }

    /** Bytes as text. */
    static Reader text(InputStream bytes, Charset charset, CodingErrorAction flaws) {
        return new InputStreamReader(bytes, charset.newDecoder().onMalformedInput(flaws).onUnmappableCharacter(flaws));
    }

    /** The text of a few bytes. Java makes a String of UTF-8 several times as fast as a reader would, and shows what does not fit by a character that is seldom sent. */
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
     * A body that is in memory.
     *
     * @param bytes  its bytes, and room behind them
     * @param length how many of them are the body
     */
    static WebhookBody of(boolean form, Charset charset, byte[] bytes, int length) {
        return new InMemory(form, charset, bytes, length);
    }

    /** The same of a text. */
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

        /** Its length only: error messages quote what they are about, and no address belongs into a log. */
        @Override
        public String toString() {
            return "Body[" + size + "]";
        }
    }
}
