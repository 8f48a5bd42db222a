package org.mailevents.parse;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.util.Arrays;
import org.mailevents.event.WebhookBody;

/**
 * The parameters of a form (WHATWG URL, 5.1), one after the other. The form is never split, because ten megabytes of {@code &} are ten
 * million parameters and must not take more memory than one parameter.
 */
final class FormParameters implements Closeable {

    /** A % that is not followed by two hexadecimal digits. */
    static final class Malformed extends IOException {
    }

    /** In bytes. The names that this application reads are much shorter. */
    private static final int MAX_NAME = 1_024;
    private static final int BLOCK = 8_192;

    private final InputStream form;
    private final Charset charset;
    private final byte[] block;
    private int position;
    private int end;
    private boolean inValue;

    private FormParameters(InputStream form, Charset charset, byte[] block, int end) {
        this.form = form;
        this.charset = charset;
        this.block = block;
        this.end = end;
    }

    /** The parameters of a body. The charset of the body is also the charset of the percent sequences. */
    static FormParameters of(WebhookBody body) throws IOException {
        return body instanceof WebhookBody.InMemory memory
                ? new FormParameters(InputStream.nullInputStream(), body.charset(), memory.bytes(), memory.size())
                : new FormParameters(body.open(), body.charset(), new byte[BLOCK], 0);
    }

    /**
     * Moves to the next parameter that has a name and an equals sign. A name of more than 1,024 bytes is cut.
     *
     * @return the name, or null at the end
     * @throws Malformed if the name cannot be decoded
     */
    String next() throws IOException {
        skipValue();
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        for (int next = read(); next >= 0; next = read()) {
            if (next == '&') {
                name.reset();
            } else if (next == '=') {
                inValue = true;
                if (name.size() > 0) {
                    return name.toString(charset);
                }
                skipValue();
            } else if (name.size() < MAX_NAME) {
                name.write(decoded(next));
            }
        }
        return null;
    }

    /** The value of the current parameter. It is decoded while it is read. */
    InputStream value() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                int next = inValue ? FormParameters.this.read() : -1;
                inValue = next >= 0 && next != '&';
                return inValue ? decoded(next) : -1;
            }

            /** Java's own method would treat a malformed value as ended. */
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int read = 0;
                for (int next; read < length && (next = read()) >= 0; read++) {
                    bytes[offset + read] = (byte) next;
                }
                return read == 0 && length > 0 ? -1 : read;
            }
        };
    }

    /** The value of the current parameter as text. Bytes that do not fit the charset are an error. */
    Reader text() throws IOException {
        InputStream value = value();
        byte[] bytes = new byte[64];
        int length = 0;
        for (int next; length < WebhookBody.SMALL && (next = value.read()) >= 0; length++) {
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length] = (byte) next;
        }
        if (!inValue) {
            return WebhookBody.text(bytes, length, charset, CodingErrorAction.REPORT);
        }
        PushbackInputStream whole = new PushbackInputStream(value, length);
        whole.unread(bytes, 0, length);
        return WebhookBody.text(whole, charset, CodingErrorAction.REPORT);
    }

    @Override
    public void close() throws IOException {
        form.close();
    }

    private void skipValue() throws IOException {
        while (inValue) {
            int next = read();
            inValue = next >= 0 && next != '&';
        }
    }

    private int decoded(int next) throws IOException {
        return switch (next) {
            case '+' -> ' ';
            case '%' -> digit() << 4 | digit();
            default -> next;
        };
    }

    private int digit() throws IOException {
        int digit = Character.digit(read(), 16);
        if (digit < 0) {
            throw new Malformed();
        }
        return digit;
    }

    private int read() throws IOException {
        if (position == end) {
            int read = form.read(block);
            if (read <= 0) {
                return -1;
            }
            position = 0;
            end = read;
        }
        return block[position++] & 0xFF;
    }
}
