package org.mailevents.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells whether this machine itself sent a request. Without a secret, only such requests are answered. So a request that a proxy on this
 * machine forwards must count as remote.
 */
public final class LocalCaller {

    /** The headers in which proxies and delivery networks name the original caller: RFC 7239, RFC 9110 7.6.3, and those of products. */
    private static final Set<String> PROXIED = Set.of("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip",
            "x-proxyuser-ip", "x-original-host", "x-original-url", "x-original-forwarded-for", "x-rewrite-url", "x-envoy-external-address",
            "x-azure-clientip", "client-ip", "true-client-ip", "cf-connecting-ip", "cf-ray", "cdn-loop",
            "fastly-client-ip", "fly-client-ip");
    /** The beginning of X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto and others. */
    private static final String FORWARDED = "x-forwarded";
    /**
     * A web site can point its own name to 127.0.0.1 (DNS rebinding). The browser still sends that name, so the name must be checked too.
     */
    private static final Pattern THIS_MACHINE = Pattern.compile("(?:localhost|127(?:\\.\\d+){3}|\\[::1])(?::\\d+)?",
            Pattern.CASE_INSENSITIVE);

    /** What an address can look like. Any other text in a header is no address, and could be of any length. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    private LocalCaller() {
    }

    /** Whether this machine sent the request, as far as the request shows. */
    public static boolean sent(HttpServerRequest request) {
        // Browsers do not use HTTP/1.0. The proxy nginx uses it before version 1.30 and, by default, adds no header that shows a proxy.
        return request.version() != HttpVersion.HTTP_1_0 && loopback(request.remoteAddress().hostAddress()) && namesThisMachine(request)
                && request.headers().entries().stream().map(Map.Entry::getKey).noneMatch(LocalCaller::fromProxy);
    }

    /**
     * The address of whoever sent a request: of the connection, or, if the connection comes from a proxy on this machine, the address that
     * the proxy has added to X-Forwarded-For. A proxy may add its own header behind that of the caller, as HAProxy does. The address is for
     * counting, and proves nothing.
     */
    static String address(HttpServerRequest request) {
        String peer = request.remoteAddress().hostAddress();
        List<String> headers = request.headers().getAll(FORWARDED + "-for");
        String last = headers.isEmpty() ? "" : headers.get(headers.size() - 1);
        String forwarded = last.substring(last.lastIndexOf(',') + 1).trim();
        return loopback(peer) && ADDRESS.matcher(forwarded).matches() ? forwarded : String.valueOf(peer);
    }

    private static boolean fromProxy(String header) {
        String name = header.toLowerCase(Locale.ROOT);
        return name.startsWith(FORWARDED) || PROXIED.contains(name);
    }

    /** HTTP/2 sends the host as {@code :authority}, and may send the header Host too. Both must name this machine. */
    private static boolean namesThisMachine(HttpServerRequest request) {
        List<String> names = Stream.of(request.getHeader(HttpHeaders.HOST), Objects.toString(request.authority(), null))
                .filter(Objects::nonNull).toList();
        return !names.isEmpty() && names.stream().allMatch(name -> THIS_MACHINE.matcher(name).matches());
    }

    private static boolean loopback(String address) {
        try {
            return address != null && InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
