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
 * A large body that is not a webhook, in the form in which it is stored: unchanged or, with hashed recipients, without their addresses. The
 * addresses are searched block by block, because a copy of the whole body might not fit into memory.
 */
record UnreadableBody(WebhookBody body, HiddenRecipients hidden) implements WebhookBody {

    private static final int BLOCK = 64 * 1_024;
    /** Characters that end an address. */
    private static final String BOUNDARIES = "\"&+,\n ";
    /** The same characters in a form. */
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
        InputStream bytes = body.open(); // The body is in memory, so nothing must be closed.
        return new SequenceInputStream(new Enumeration<>() {

            private byte[] remainder = new byte[0];
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

            /** The bytes up to the last boundary. The bytes after this boundary begin the next block. */
            private byte[] next() {
                try {
                    byte[] more = bytes.readNBytes(BLOCK);
                    byte[] all = ByteBuffer.allocate(remainder.length + more.length).put(remainder).put(more).array();
                    int end = more.length < BLOCK ? all.length : lastBoundary(all);
                    remainder = Arrays.copyOfRange(all, end, all.length);
                    return Arrays.copyOf(all, end);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private int lastBoundary(byte[] block) {
        for (int i = block.length; i > 0; i--) {
            String sequence = new String(block, i - 1, Math.min(3, block.length - i + 1), StandardCharsets.ISO_8859_1);
            if (BOUNDARIES.indexOf(block[i - 1]) >= 0 || form() && ENCODED.contains(sequence)) {
                return block[i - 1] == '%' ? i - 1 : i;
            }
        }
        return block.length;
    }

    private byte[] withoutAddresses(byte[] block) {
        // ISO 8859-1 has a character for every byte, also if the bytes are not text.
        Charset charset = isText(block) ? charset() : StandardCharsets.ISO_8859_1;
        String text = new String(block, charset);
        String plain = form() ? withoutPercentSequences(text) : text;
        String kept = hidden.inBrokenJson(plain);
        return kept.equals(plain) ? block : (form() ? URLEncoder.encode(kept, StandardCharsets.ISO_8859_1) : kept).getBytes(charset);
    }

    private static String withoutPercentSequences(String text) {
        return PERCENT.matcher(text).replaceAll(code -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(code.group(1), 16))));
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
