package org.mailevents.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The key store that docs/deployment.md makes, by its own command, and clients that trust what is in it. */
public final class Certificate {

    public static final String PASSWORD = "change-me";

    private static final Path STORE = create();
    private static final Path PEM = written();
    private static final SSLContext CONTEXT = trusting();
    private static final HttpClient HTTP = HttpClient.newBuilder().sslContext(CONTEXT).version(HttpClient.Version.HTTP_1_1).build();

    private Certificate() {
    }

    /** The settings that have the application serve it. */
    public static Map<String, String> settings() {
        return Map.of("camel.ssl.enabled", "true", "camel.ssl.keyStore", STORE.toString(), "camel.ssl.keystorePassword", PASSWORD);
    }

    public static SSLContext context() {
        return CONTEXT;
    }

    /** The certificate and its key in one file, as a proxy reads them. */
    static Path pem() {
        return PEM;
    }

    static HttpClient http() {
        return HTTP;
    }

    private static Path create() {
        try {
            Matcher command = Pattern.compile("(?m)^keytool (.*\\\\\\n)*.*$").matcher(Files.readString(Path.of("docs/deployment.md")));
            if (!command.find()) {
                throw new IllegalStateException("docs/deployment.md has no keytool command");
            }
            Path folder = TemporaryFolder.create("certificate");
            Process keytool = new ProcessBuilder("sh", "-c", command.group()).directory(folder.toFile()).inheritIO().start();
            if (keytool.waitFor() != 0) {
                throw new IllegalStateException(command.group());
            }
            return folder.resolve("mail-events.p12");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore served() throws IOException, GeneralSecurityException {
        try (InputStream store = Files.newInputStream(STORE)) {
            KeyStore served = KeyStore.getInstance("PKCS12");
            served.load(store, PASSWORD.toCharArray());
            return served;
        }
    }

    private static Path written() {
        try {
            return Files.writeString(STORE.resolveSibling("mail-events.pem"), pem("CERTIFICATE", served().getCertificate("mail-events").getEncoded())
                    + pem("PRIVATE KEY", served().getKey("mail-events", PASSWORD.toCharArray()).getEncoded()));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** RFC 7468. */
    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    private static SSLContext trusting() {
        try {
            KeyStore served = served();
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("mail-events", served.getCertificate("mail-events"));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
