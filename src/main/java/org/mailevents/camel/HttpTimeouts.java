package org.mailevents.camel;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.support.LifecycleStrategySupport;
import org.apache.camel.support.PropertyBindingSupport;

/**
 * Gives the {@code http} and {@code https} steps of a team timeouts, so that a webhook does not wait for a server that never answers.
 * Camel's own defaults are three minutes for the connection and no limit for the answer. An endpoint's own {@code connectTimeout} and
 * {@code responseTimeout} take precedence, and so does {@code camel.component.http.responseTimeout} in {@code application.properties}.
 *
 * <p>The settings are not in {@code application.properties}: Camel would then load the component at each start, although most
 * installations never use it.
 */
public final class HttpTimeouts extends LifecycleStrategySupport {

    private static final Set<String> COMPONENTS = Set.of("http", "https");
    private static final Map<String, Object> TIMEOUTS = Map.of("connectTimeout", Duration.ofSeconds(2).toMillis(),
            "responseTimeout", Duration.ofSeconds(10).toMillis(),
            // HttpClient would wait after a 429 or a 503, and send the request a second time
            "automaticRetriesDisabled", true);

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private HttpTimeouts() {
    }

    /** Must run before Camel sets the options of components from its properties. */
    public static void use(CamelContext context) {
        context.addLifecycleStrategy(new HttpTimeouts());
    }

    @Override
    public void onComponentAdd(String name, Component component) {
        if (COMPONENTS.contains(name)) {
            // a copy, because Camel removes what it has set
            PropertyBindingSupport.bindProperties(component.getCamelContext(), component, new HashMap<>(TIMEOUTS));
        }
    }
}
