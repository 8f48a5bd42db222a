package org.mailevents.webhook;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Enumeration;
import org.mailevents.event.HiddenRecipients;

/**
 * A large body that is no webhook, as it is kept: byte for byte, but for addresses where recipients are hashed. These are looked for in one block after
 * the other, because a copy of all of it might not fit into memory.
 */
record Unreadable(Body body, HiddenRecipients hidden) implements Body {

    private static final int BLOCK = 64 * 1_024;
    /** No address goes on behind one of these. */
    private static final String BOUNDARIES = "\"&,\n ";

    @Override
    public boolean form() {
        return body.form();
    }

    @Override
    public Charset charset() {
        return body.charset();
    }

    @Override
    public long length() {
        return body.length();
    }

    @Override
    public InputStream open() throws IOException {
        if (hidden.isOff()) {
            return body.open();
        }
        InputStream bytes = body.open();
        return new SequenceInputStream(new Enumeration<>() {

            private byte[] begun = new byte[0];
            private byte[] block = next();

            @Override
            public boolean hasMoreElements() {
                return block.length > 0;
            }

            @Override
            public InputStream nextElement() {
                byte[] safe = withoutAddresses(block);
                block = next();
                return new ByteArrayInputStream(safe);
            }

            /** Up to the last boundary; what is behind it begins the next block. */
            private byte[] next() {
                try {
                    byte[] more = bytes.readNBytes(BLOCK);
                    byte[] all = ByteBuffer.allocate(begun.length + more.length).put(begun).put(more).array();
                    int end = more.length < BLOCK ? all.length : end(all);
                    begun = Arrays.copyOfRange(all, end, all.length);
                    return Arrays.copyOf(all, end);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private static int end(byte[] block) {
        for (int i = block.length; i > 0; i--) {
            if (BOUNDARIES.indexOf(block[i - 1]) >= 0) {
                return i;
            }
        }
        return block.length;
    }

    private byte[] withoutAddresses(byte[] block) {
        Charset charset = charset();
        String text;
        try {
            text = charset.newDecoder().decode(ByteBuffer.wrap(block)).toString();
        } catch (CharacterCodingException e) {
            charset = StandardCharsets.ISO_8859_1; // which has a character for every byte
            text = new String(block, charset);
        }
        return hidden.broken(form() ? text.replace("%40", "@") : text).getBytes(charset);
    }
}
