package org.mailevents.http;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import org.apache.camel.CamelContext;
import org.apache.camel.support.jsse.KeyManagersParameters;
import org.mailevents.settings.Settings;

/** HTTPS without a proxy. Camel's own settings turn it on. */
public final class Https {

    private Https() {
    }

    /** Whether the HTTP endpoint speaks HTTPS. Certificates alone do not mean that: they can also be for a mail server. */
    public static boolean enabled(CamelContext context) {
        return context.getSSLContextParameters() != null
                && Boolean.parseBoolean(new Settings(context).text("camel.server.useGlobalSslContextParameters"));
    }

    /**
     * Checks the key store before Camel opens it. Camel's own errors do not name the setting. With a key store that holds no key, Camel's
     * server would start and refuse every caller.
     *
     * @throws IllegalArgumentException if the key store cannot be opened or holds no key
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
        return new IllegalArgumentException("Set camel.ssl.keyStore to a key store (PKCS12) that holds this server's key and certificate,"
                + " and camel.ssl.keystorePassword to its password", cause);
    }
}
