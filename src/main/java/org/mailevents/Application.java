package org.mailevents;

import org.apache.camel.main.Main;

/** Runs Mail Events from the jar, in a folder that holds {@code routes/} and {@code application.properties}. */
public final class Application {

    private Application() {
    }

    public static void main(String... args) throws Exception {
        Main main = new Main(Application.class);
        // the file in the folder wins over the packaged one
        main.setDefaultPropertyPlaceholderLocation("file:application.properties;optional=true,classpath:application.properties");
        // the Java routes are in the jar: only `camel run` reads them from src/
        main.addOverrideProperty("camel.main.routesIncludePattern", "file:routes/*.camel.yaml");
        System.exit(main.run(args));
    }
}
