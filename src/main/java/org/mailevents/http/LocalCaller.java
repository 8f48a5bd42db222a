package org.mailevents.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells whether a request was sent by this machine itself. Without a secret only such requests are answered, so a request that a proxy on this machine
 * has passed on must not be taken for one.
 */
public final class LocalCaller {

    /** Headers in which proxies and content delivery networks say for whom they ask (RFC 7239, RFC 9110 7.6.3, and what is in use beside these). */
    private static final Set<String> PROXIED = Set.of("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-proxyuser-ip", "x-original-host",
            "x-original-url", "x-original-forwarded-for", "x-rewrite-url", "x-envoy-external-address", "x-azure-clientip", "client-ip", "true-client-ip",
            "cf-connecting-ip", "cf-ray", "cdn-loop", "fastly-client-ip", "fly-client-ip");
    /** X-Forwarded-For, -Host, -Proto, -Port, -Server and others. */
    private static final String FORWARDED = "x-forwarded";
    /** A web site may give its name the address 127.0.0.1; a browser then still says the name (DNS rebinding). */
    private static final Pattern THIS_MACHINE = Pattern.compile("(?:localhost|127(?:\\.\\d+){3}|\\[::1])(?::\\d+)?", Pattern.CASE_INSENSITIVE);

    private LocalCaller() {
    }

    /** Whether this machine has sent a request, as far as the request shows. */
    public static boolean sent(HttpServerRequest request) {
        // no browser speaks HTTP/1.0; nginx before 1.30 does as a proxy, and sends no header that shows it unless told to
        return request.version() != HttpVersion.HTTP_1_0 && loopback(request.remoteAddress().hostAddress()) && namesThisMachine(request)
                && request.headers().entries().stream().map(Map.Entry::getKey).noneMatch(LocalCaller::fromProxy);
    }

    private static boolean fromProxy(String header) {
        String name = header.toLowerCase(Locale.ROOT);
        return name.startsWith(FORWARDED) || PROXIED.contains(name);
    }

    /** HTTP/2 has the host in a place of its own, and may have it in the header too. */
    private static boolean namesThisMachine(HttpServerRequest request) {
        String[] names = Stream.of(request.getHeader(HttpHeaders.HOST), Objects.toString(request.authority(), null)).filter(Objects::nonNull).toArray(String[]::new);
        return names.length > 0 && Stream.of(names).allMatch(name -> THIS_MACHINE.matcher(name).matches());
    }

    private static boolean loopback(String address) {
        try {
            return address != null && InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
