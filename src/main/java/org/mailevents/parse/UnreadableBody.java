package org.mailevents.parse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mailevents.event.WebhookBody;
import org.mailevents.privacy.HiddenRecipients;

/**
 * A large body that is no webhook, as it is kept: byte for byte, but for addresses where recipients are hashed. These are looked for in one block after
 * the other, because a copy of all of it might not fit into memory.
 */
record UnreadableBody(WebhookBody body, HiddenRecipients hidden) implements WebhookBody {

    private static final int BLOCK = 64 * 1_024;
    /** No address goes on behind one of these. */
    private static final String BOUNDARIES = "\"&+,\n ";
    /** The same in a form. */
    private static final Set<String> ENCODED = Set.of("%22", "%2C", "%2c", "%3C", "%3c", "%3E", "%3e", "%20", "%0A", "%0a");
    private static final Pattern PERCENT = Pattern.compile("%([0-9A-Fa-f]{2})");

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
        InputStream bytes = body.open(); // in memory: nothing is to be closed
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

    private int end(byte[] block) {
        for (int i = block.length; i > 0; i--) {
            if (BOUNDARIES.indexOf(block[i - 1]) >= 0 || form() && ENCODED.contains(new String(block, i - 1, Math.min(3, block.length - i + 1), StandardCharsets.ISO_8859_1))) {
                return block[i - 1] == '%' ? i - 1 : i;
            }
        }
        return block.length;
    }

    private byte[] withoutAddresses(byte[] block) {
        // a character for every byte, where the bytes are no text
        Charset charset = isText(block) ? charset() : StandardCharsets.ISO_8859_1;
        String text = new String(block, charset);
        String plain = form() ? PERCENT.matcher(text).replaceAll(code -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(code.group(1), 16)))) : text;
        String kept = hidden.inBrokenJson(plain);
        return kept.equals(plain) ? block : (form() ? URLEncoder.encode(kept, StandardCharsets.ISO_8859_1) : kept).getBytes(charset);
    }

    private boolean isText(byte[] block) {
        try {
            charset().newDecoder().decode(ByteBuffer.wrap(block));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
