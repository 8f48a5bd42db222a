package org.mailevents.operate;

import java.nio.file.Path;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.util.URISupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses to start without the routes that everything hangs on, and says in a few lines what has started. */
public final class StartUp implements StartupListener {

    private static final Logger LOG = LoggerFactory.getLogger("mail-events");
    private static final List<String> NEEDED = List.of("route-webhook", "send-alerts");

    @Override
    public void onCamelContextStarting(CamelContext context, boolean alreadyStarted) {
        for (String id : NEEDED) {
            if (((ModelCamelContext) context).getRouteDefinition(id) == null) {
                throw new IllegalStateException("There is no route " + id + " in " + Path.of("routes").toAbsolutePath()
                        + ": start in the folder that holds routes/ and application.properties");
            }
        }
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // nothing yet: the door opens now
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) {
        Settings settings = new Settings(context);
        boolean secret = !settings.text("webhook.api-key").isEmpty() || !settings.text("webhook.basic").isEmpty();
        LOG.info("Mail Events takes webhooks. In the console of Customers Mail Cloud enter the public address of");
        LOG.info("  http://{}:{}{}", settings.text("camel.server.host"), settings.text("camel.server.port"), settings.text("webhook.path"));
        LOG.info("  secret: {}", secret ? "needed" : "none, so only this machine can reach it (webhook.api-key, webhook.basic)");
        LOG.info("  events go to {}", withoutOptions(settings.text("database.url")));
        LOG.info("  alerts go to {} in {}", withoutOptions(settings.text("alert.endpoint")), settings.text("alert.language"));
    }

    /** Passwords stand among the options, and user names before an at sign. */
    private static String withoutOptions(String uri) {
        return URISupport.sanitizeUri(uri).split("[?;]", 2)[0].replaceAll("//[^/@]*@", "//");
    }
}
