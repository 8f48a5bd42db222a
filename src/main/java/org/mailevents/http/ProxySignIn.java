package org.mailevents.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.mailevents.settings.AddressRange;
import org.mailevents.settings.Settings;

/**
 * The sign-in at a reverse proxy, which names the user in the header {@code console.proxy-user-header}, as oauth2-proxy and
 * {@code auth_request} of nginx do. Only the address of the connection tells whether a request comes from the proxy, because anybody can
 * send X-Forwarded-For.
 *
 * @param header  the name of the header; it is empty if there is no such proxy
 * @param proxies the addresses of the proxy
 */
record ProxySignIn(String header, List<AddressRange> proxies) {

    /** A comma would mean that the caller sent the header too, and that the proxy added its own. */
    private static final Pattern USER = Pattern.compile("[^\\p{Cntrl},]{1,200}");

    static ProxySignIn of(Settings settings) {
        return new ProxySignIn(settings.text("console.proxy-user-header"), settings.addressRanges("console.proxy-address"));
    }

    /** Whether the connection of a request comes from the proxy. */
    boolean sent(HttpServerRequest request) {
        return isProxy(request.remoteAddress().hostAddress());
    }

    /** Whether an address is that of the proxy. */
    boolean isProxy(String address) {
        return address != null && proxies.stream().anyMatch(range -> range.contains(address));
    }

    /** Removes the header from a request that does not come from the proxy, so that nothing behind the gate can believe it. */
    void removeFrom(HttpServerRequest request) {
        if (!header.isEmpty()) {
            request.headers().remove(header);
        }
    }

    /** The user whom the proxy names. Empty if it names nobody, or if the header could be read in two ways. */
    Optional<String> user(HttpServerRequest request) {
        List<String> values = request.headers().getAll(header);
        return values.size() == 1 ? Optional.of(values.get(0).strip()).filter(user -> USER.matcher(user).matches()) : Optional.empty();
    }
}
