package org.mailevents;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.mailevents.settings.Settings;

/** A Camel with the settings and the routes of a folder, and with the defaults of the jar for the settings that the folder lacks. */
final class ConfiguredMain extends Main {

    static final String PROPERTIES = "application.properties";

    ConfiguredMain(Path folder) {
        // The file in the folder wins over the file in the jar.
        setDefaultPropertyPlaceholderLocation("file:" + folder.resolve(PROPERTIES) + ";optional=true,classpath:" + PROPERTIES);
        // The jar contains the Java routes. Only `camel run` reads them from src/.
        addOverrideProperty("camel.main.routesIncludePattern", "file:" + folder.resolve("routes") + "/*.camel.yaml");
    }

    @Override
    protected CamelContext createCamelContext() {
        CamelContext context = super.createCamelContext();
        // A name in alert.to may be Japanese, but Camel would read the file as ISO 8859-1.
        context.getPropertiesComponent().setEncoding(StandardCharsets.UTF_8.name());
        return context;
    }

    /** The settings, for a command that needs nothing else. They are read without the start of Camel, which takes much longer. */
    Settings settings() throws Exception {
        CamelContext context = createCamelContext();
        configurePropertiesService(context);
        context.build();
        return new Settings(context);
    }
}
