package org.mailevents.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds faults for which any request is refused with 400. A proxy and this server may read a request with such a fault differently: as one
 * request or as two, for different hosts, or with different paths.
 */
final class RequestSyntax {

    private static final Pattern ABSOLUTE = Pattern.compile("https?://([^/?]*)(/.*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private RequestSyntax() {
    }

    /**
     * A fault in the headers of an HTTP/1 request that say where the request ends (RFC 9112, 6.1 and 6.3) or which host it is for (3.2).
     *
     * @return what the caller must change, or empty if the headers have no fault
     */
    static Optional<String> faultOfHeaders(HttpVersion version, String target, HttpHeaders headers) {
        List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (!encodings.isEmpty() && headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            return Optional.of("Send either Content-Length or Transfer-Encoding, not both.");
        }
        boolean chunked = encodings.size() == 1 && encodings.get(0).equalsIgnoreCase("chunked") && version.equals(HttpVersion.HTTP_1_1);
        if (!encodings.isEmpty() && !chunked) {
            return Optional.of("Send Transfer-Encoding only once, and only as chunked. Version 1.0 of HTTP does not support it.");
        }
        if (hosts.size() > 1) {
            return Optional.of("Send the header Host only once.");
        }
        Matcher absolute = ABSOLUTE.matcher(target);
        return absolute.matches() && !hosts.isEmpty() && !absolute.group(1).equalsIgnoreCase(hosts.get(0))
                ? Optional.of("The address of the request and the header Host name different hosts.") : Optional.empty();
    }

    /**
     * A fault in the target of a request (RFC 9112, 3.2 and RFC 3986).
     *
     * @return what the caller must change, or empty if the target has no fault
     */
    static Optional<String> faultOfTarget(HttpServerRequest request) {
        String target = request.uri();
        if (request.authority() == null && request.version() != io.vertx.core.http.HttpVersion.HTTP_1_0) {
            return Optional.of("Send the header Host with a host and, if needed, a port.");
        }
        if (target.indexOf('#') >= 0) {
            return Optional.of("Leave out the # and the text after it: a fragment is not sent to a server.");
        }
        if (!target.startsWith("/") && !ABSOLUTE.matcher(target).matches()) {
            return Optional.of("The address of the request must be a path that begins with /.");
        }
        return decodable(target) ? Optional.empty()
                : Optional.of("The address of the request cannot be decoded: write each % as %25, and other characters as percent sequences"
                        + " of UTF-8, without %00.");
    }

    private static boolean decodable(String target) {
        ByteBuffer bytes = ByteBuffer.allocate(target.length());
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c == '%') {
                int high = i + 2 < target.length() ? Character.digit(target.charAt(i + 1), 16) : -1;
                int low = high < 0 ? -1 : Character.digit(target.charAt(i + 2), 16);
                if (low < 0) {
                    return false;
                }
                c = (char) (high << 4 | low);
                i += 2;
            } else if (c > 127) {
                c = '?'; // The caller did not encode this character. That does no harm.
            }
            if (c == 0) {
                return false;
            }
            bytes.put((byte) c);
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(bytes.flip());
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
