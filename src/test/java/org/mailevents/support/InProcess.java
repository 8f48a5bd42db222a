package org.mailevents.support;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/** The application in the JVM of the test, started as its jar starts it. */
public final class InProcess extends MailEvents {

    private final Main main;

    /**
     * @param main     the application, not yet started
     * @param settings what differs from {@code application.properties}
     */
    public InProcess(Main main, Map<String, String> settings) {
        this.main = main;
        main.addOverrideProperty("spool.directory", OwnProcess.folder().resolve("spool").toString());
        settings.forEach(main::addOverrideProperty);
        main.addOverrideProperty("camel.server.port", String.valueOf(port));
        main.start();
    }

    public CamelContext context() {
        return main.getCamelContext();
    }

    @Override
    public void close() {
        main.stop();
    }
}
