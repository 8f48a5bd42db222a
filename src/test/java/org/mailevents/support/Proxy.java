package org.mailevents.support;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A reverse proxy with HTTPS in front of one application, or of several, configured as docs/deployment.md says. */
public final class Proxy implements AutoCloseable {

    /** The proxies that docs/deployment.md has a block for. */
    public enum Kind {
        NGINX("nginx", "/usr/sbin/nginx -e stderr -p FOLDER -c FOLDER/proxy.conf", """
                daemon off; master_process off; pid nginx.pid; error_log stderr;
                events {}
                http {
                    access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
                    %s
                }
                """, "location = /webhooks/customers-mail-cloud", "location /"),
        HAPROXY("haproxy", "/usr/sbin/haproxy -db -f FOLDER/proxy.conf", "%s",
                "http-request deny deny_status 404 unless { path /webhooks/customers-mail-cloud /answer }", ""),
        APACHE("apache", "/usr/sbin/apache2 -DFOREGROUND -f FOLDER/proxy.conf", """
                ServerRoot /usr/lib/apache2
                ServerName localhost
                PidFile FOLDER/pid
                DefaultRuntimeDir FOLDER
                Mutex file:FOLDER
                ErrorLog FOLDER/log.txt
                LoadModule mpm_event_module modules/mod_mpm_event.so
                LoadModule authz_core_module modules/mod_authz_core.so
                LoadModule ssl_module modules/mod_ssl.so
                LoadModule proxy_module modules/mod_proxy.so
                LoadModule proxy_http_module modules/mod_proxy_http.so
                User #65534
                Group #65534
                Listen 127.0.0.1:PORT
                %s
                """, "\"^/webhooks/customers-mail-cloud$\"", "\"^\"");

        private final String language;
        private final List<String> command;
        private final String frame;
        private final String onePath;
        private final String allPaths;

        /** @param frame the configuration around the block */
        Kind(String language, String command, String frame, String onePath, String allPaths) {
            this.language = language;
            this.command = List.of(command.split(" "));
            this.frame = frame;
            this.onePath = onePath;
            this.allPaths = allPaths;
        }

        /** The example with a load balancer. */
        private Path balancer() {
            return Path.of("ops", this == HAPROXY ? "haproxy.cfg" : "nginx.conf");
        }

        private String block() {
            return Markdown.read(Path.of("docs/deployment.md")).block(language, "/webhooks/");
        }

        /** A block that forwards all paths. */
        public String wholeSite(String block) {
            return replaced(block, onePath, allPaths);
        }
    }

    /** A machine of the examples with a load balancer, and its health check if the proxy asks for it. */
    private static final Pattern MACHINE = Pattern.compile("192\\.0\\.2\\.1([1-3]):8080( check port )?(?:9876)?");

    private final int port = MailEvents.freePort();
    private final Process process;

    private Proxy(Kind kind, String block) {
        Path folder = TemporaryFolder.create("proxy");
        Path log = folder.resolve("log.txt");
        String configuration = kind.frame.formatted(block).replaceAll("/etc/\\S+\\.(crt|key|pem)", Certificate.pem().toString())
                .replaceAll("(?<=listen |bind |VirtualHost )(\\*?:)?443", "127.0.0.1:" + port);
        try {
            Files.writeString(folder.resolve("proxy.conf"), placed(configuration, folder));
            process = new ProcessBuilder(kind.command.stream().map(word -> placed(word, folder)).toList()).directory(folder.toFile())
                    .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await().until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(Files.readString(log));
            }
            return listens();
        });
    }

    /** Starts a proxy in front of an application. The test is skipped if the program is not installed. */
    public static Proxy start(Kind kind, UnaryOperator<String> change, MailEvents application) {
        assumeInstalled(kind);
        return new Proxy(kind, change.apply(kind.block()).replace("127.0.0.1:8080", "127.0.0.1:" + application.port));
    }

    /** Starts an nginx that lets a service sign the users in before they reach an application. The service stands for oauth2-proxy. */
    public static Proxy signingIn(HttpReceiver service, MailEvents application) {
        assumeInstalled(Kind.NGINX);
        return new Proxy(Kind.NGINX, replaced(replaced(Markdown.read(Path.of("docs/deployment.md")).block("nginx", "auth_request"),
                "http://127.0.0.1:8080", "http://127.0.0.1:" + application.port), "http://127.0.0.1:4180", service.url("")));
    }

    /**
     * Starts a load balancer in front of three places for applications, as the example in {@code ops/} says. The test is skipped if the
     * program is not installed.
     *
     * @param ports       the port of the HTTP endpoint of each application
     * @param healthPorts the port of the health check of each application
     */
    public static Proxy balancing(Kind kind, List<Integer> ports, List<Integer> healthPorts) {
        assumeInstalled(kind);
        try {
            String example = Files.readString(kind.balancer());
            return new Proxy(kind, MACHINE.matcher(example).replaceAll(machine -> {
                int application = Integer.parseInt(machine.group(1)) - 1;
                return "127.0.0.1:" + ports.get(application)
                        + (machine.group(2) == null ? "" : machine.group(2) + healthPorts.get(application));
            }));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assumeInstalled(Kind kind) {
        assumeTrue(Files.isExecutable(Path.of(kind.command.get(0))), kind.command.get(0)
                + " is missing, so what passes through it is not known");
    }

    /** The proxy as the sender of webhooks sees it. */
    public MailEvents site() {
        return new Site(port);
    }

    /** Applications behind the proxy. They have no log, spool or health of their own. */
    private static final class Site extends MailEvents {

        private Site(int port) {
            super(Map.of("camel.ssl.enabled", "true", "camel.server.port", String.valueOf(port)));
        }

        @Override
        public String log() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path spool() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // the test closes the proxy
        }
    }

    private String placed(String text, Path folder) {
        return text.replace("FOLDER", folder.toString()).replace("PORT", String.valueOf(port));
    }

    private boolean listens() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Sends a request unchanged and reads until the proxy closes the connection. */
    public String exchange(String request) throws IOException {
        try (Socket socket = Certificate.context().getSocketFactory().createSocket("127.0.0.1", port)) {
            return MailEvents.exchange(socket, request);
        }
    }

    /** The block with this line replaced. The block must contain the line. */
    public static String replaced(String block, String old, String replacement) {
        if (!block.contains(old)) {
            throw new IllegalStateException(old + " is not in " + block);
        }
        return block.replace(old, replacement);
    }

    @Override
    public void close() {
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).forEach(ProcessHandle::destroy);
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
