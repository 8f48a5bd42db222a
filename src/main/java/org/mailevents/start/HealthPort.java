package org.mailevents.start;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns off the health endpoint if its port is in use, for instance by a second instance. Otherwise Camel would refuse to start, and taking
 * webhooks is more important.
 */
public final class HealthPort extends MainListenerSupport {

    private static final Logger LOG = LoggerFactory.getLogger("mail-events");

    @Override
    public void beforeConfigure(BaseMainSupport main) {
        Settings settings = new Settings(main.getCamelContext());
        String host = settings.required("camel.management.host");
        int port = settings.port("camel.management.port");
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            LOG.warn("The health endpoint is off: port {}:{} is in use. Set camel.management.port to a free port.", host, port);
            main.addOverrideProperty("camel.management.enabled", "false");
        }
    }
}
