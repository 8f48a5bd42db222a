package org.mailevents.chaos;

import com.icegreen.greenmail.user.MessageDeliveryHandler;
import com.icegreen.greenmail.user.UserManager;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;

/** An SMTP server that can be stopped and started. It keeps every mail that it received, also a mail that it could not confirm. */
final class MailServer implements AutoCloseable {

    static {
        // A connection breaks whenever its client is killed. GreenMail would print a stack trace for each connection.
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            if (!thread.getName().startsWith("smtp:")) {
                failure.printStackTrace();
            }
        });
    }

    private final ServerSetup setup = new ServerSetup(MailEvents.freePort(), "127.0.0.1", ServerSetup.PROTOCOL_SMTP);
    private final List<Digest> received = new CopyOnWriteArrayList<>();
    private final AtomicReference<Consumer<Digest>> onNext = new AtomicReference<>(mail -> { });
    private GreenMail server;

    /**
     * A mail and the recipients that it names.
     *
     * @param sender the header From, which may tell which process has sent the mail
     */
    record Digest(String messageId, String sender, Set<String> recipients) {

        private static Digest of(Mailbox.Mail mail) {
            return new Digest(mail.header("Message-ID"), mail.header("From"), Set.copyOf(mail.addresses()));
        }
    }

    String endpoint() {
        return "smtp://127.0.0.1:" + setup.getPort();
    }

    List<Digest> received() {
        return received;
    }

    /** The recipients in the mails that arrived after this number of mails. */
    Set<String> namedSince(int before) {
        return received.stream().skip(before).flatMap(mail -> mail.recipients().stream()).collect(Collectors.toSet());
    }

    /** Runs this when the next mail has arrived, before the server confirms the mail. */
    void onNext(Consumer<Digest> action) {
        onNext.set(action);
    }

    void start() {
        server = new GreenMail(setup);
        UserManager users = server.getUserManager();
        MessageDeliveryHandler store = users.getMessageDeliveryHandler();
        users.setMessageDeliveryHandler((message, to) -> {
            Digest mail = Digest.of(new Mailbox.Mail(message.getMessage()));
            received.add(mail);
            onNext.getAndSet(any -> { }).accept(mail);
            return store.handle(message, to);
        });
        server.start();
    }

    void stop() {
        server.stop();
    }

    @Override
    public void close() {
        stop();
    }
}
