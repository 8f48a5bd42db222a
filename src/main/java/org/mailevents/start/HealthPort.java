package org.mailevents.start;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does without the health check's server where its port is taken, as by another instance: webhooks matter more. */
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
            LOG.warn("Nobody can ask for the health of this instance, because {}:{} cannot be had: set camel.management.port to a free one", host, port);
            main.addOverrideProperty("camel.management.enabled", "false");
        }
    }
}
