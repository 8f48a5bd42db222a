package org.mailevents.http;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import org.apache.camel.CamelContext;
import org.apache.camel.support.jsse.KeyManagersParameters;
import org.mailevents.settings.Settings;

/** HTTPS without a proxy, by Camel's own settings. */
public final class Https {

    private Https() {
    }

    /** Whether the door speaks HTTPS; what else needs certificates (a mail server's) is not asked here. */
    public static boolean enabled(CamelContext context) {
        return context.getSSLContextParameters() != null
                && Boolean.parseBoolean(new Settings(context).text("camel.server.useGlobalSslContextParameters"));
    }

    /**
     * Camel opens the key store when its server starts, and its errors name no setting; without a key in it, the server would
     * start and refuse every caller.
     *
     * @throws IllegalArgumentException when there is no key to serve with
     */
    public static void requireKey(CamelContext context) {
        new Settings(context).required("camel.ssl.keyStore");
        try {
            KeyManagersParameters keys = context.getSSLContextParameters().getKeyManagers();
            keys.createKeyManagers();
            KeyStore store = keys.getKeyStore().createKeyStore();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    return;
                }
            }
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(e);
        }
        throw unusable(null);
    }

    private static IllegalArgumentException unusable(Exception cause) {
        return new IllegalArgumentException("Set camel.ssl.keyStore to a key store (PKCS12) that holds this server's key and certificate, and"
                + " camel.ssl.keystorePassword to its password", cause);
    }
}
