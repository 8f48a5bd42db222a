package org.mailevents.start;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Ordered;
import org.apache.camel.StartupListener;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.util.URISupport;
import org.mailevents.alert.AlertCheck;
import org.mailevents.camel.HealthAnswer;
import org.mailevents.http.Https;
import org.mailevents.live.PendingEdits;
import org.mailevents.live.RouteCheck;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFlow;
import org.mailevents.route.RouteGraph;
import org.mailevents.route.RouteWarning;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses to start with routes that lead nowhere, and logs in a few lines what has started. */
public final class StartUp implements StartupListener, Ordered {

    private static final Logger LOG = LoggerFactory.getLogger("mail-events");

    /** The last listener, because its log says that webhooks are taken, and another listener starts the route that takes them. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST;
    }

    @Override
    public void onCamelContextStarting(CamelContext context, boolean alreadyStarted) throws BrokenFile, IOException {
        ModelCamelContext model = (ModelCamelContext) context;
        RouteGraph.check(model.getRouteDefinitions(), model.getRouteConfigurationDefinitions());
        RouteFlow.check(model.getRouteDefinitions());
        List<RouteWarning> warnings = RouteCheck.requireValid(model);
        MisspeltSettings.warnings(new Settings(context)).forEach(LOG::warn);
        RouteCheck.unusedAudiences(model).forEach(LOG::warn);
        AlertCheck.warnings(context).forEach(LOG::warn);
        mandatoryFindSingleByType(context, PendingEdits.class).warn(warnings);
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        HealthAnswer.use(context);
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) {
        Settings settings = new Settings(context);
        boolean secret = !settings.list("webhook.api-key").isEmpty() || !settings.list("webhook.basic").isEmpty();
        LOG.info("Mail Events takes webhooks. In the console of Customers Mail Cloud enter the public address of");
        String scheme = Https.enabled(context) ? "https" : "http";
        String host = settings.text("camel.server.host");
        String port = settings.text("camel.server.port");
        LOG.info("  {}://{}:{}{}", scheme, host, port, settings.text("webhook.path"));
        LOG.info("  secret: {}", secret ? "needed" : "none, so only this machine can reach it (webhook.api-key, webhook.basic)");
        String days = settings.text("retention.days");
        LOG.info("  events go to {}{}", withoutOptions(settings.text("database.url")), days.isEmpty() ? "" : " and stay " + days + " days");
        String personalDays = settings.text("privacy.retention-days");
        if (!personalDays.isEmpty()) {
            LOG.info("  personal data stays {} days (privacy.retention-days)", personalDays);
        }
        if (!settings.text("privacy.hash-recipients").isEmpty()) {
            LOG.info("  recipients are kept as hashes (privacy.hash-recipients)");
        }
        LOG.info("  alerts go to {} in {}", withoutOptions(settings.text("alert.endpoint")), settings.text("alert.language"));
        if (settings.list("console.basic").isEmpty()) {
            LOG.info("  page: {}://127.0.0.1:{}/ for browsers on this machine only (console.basic)", scheme, port);
        } else {
            LOG.info("  page: {}://{}:{}/ with a user and password of console.basic", scheme, host, port);
        }
        String proxies = settings.text("console.proxy-address");
        if (!proxies.isEmpty()) {
            LOG.info("  page: also for users whom the proxy at {} names in the header {}", proxies,
                    settings.text("console.proxy-user-header"));
        }
    }

    /** Removes the options, which may hold a password, and the user name before an at sign. */
    private static String withoutOptions(String uri) {
        return URISupport.sanitizeUri(uri).split("[?;]", 2)[0].replaceAll("//[^/@]*@", "//");
    }
}
