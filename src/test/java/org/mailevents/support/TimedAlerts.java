package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.main.Main;

/** The application in which only the test moves the clock. So an incident of hours takes seconds, and a test knows each time of a mail. */
public class TimedAlerts extends SimulatedAlerts {

    /** All clocks begin at the same full second, because every database stores a full second exactly. */
    private static final Instant START = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    /**
     * @param main     the application, not yet started
     * @param settings the settings that differ from {@code application.properties}. The delays can stay as they are, because the test moves
     *                 the clock.
     */
    public TimedAlerts(Main main, Map<String, String> settings) {
        this(TestDatabase.h2InMemory(), main, settings);
    }

    public TimedAlerts(TestDatabase database, Main main, Map<String, String> settings) {
        super(START, database, main, new TestSettings(settings));
    }

    public void pass(Duration time) {
        clock.moveOn(time);
    }

    /** Every mail that was sent, in this order, however many recipients it has. Each copy of a mail must be valid. */
    public List<Rfc5322> mails() {
        return copies().stream().map(copies -> copies.stream().map(taken -> Rfc5322.read(taken.raw())).toList().get(0)).toList();
    }

    /** The copies of each mail, one for each recipient. */
    private List<List<SmtpServer.Taken>> copies() {
        Map<String, List<SmtpServer.Taken>> copies = new LinkedHashMap<>();
        server.taken.forEach(taken -> copies.computeIfAbsent(taken.mail().header("Message-ID"), id -> new ArrayList<>()).add(taken));
        return List.copyOf(copies.values());
    }

    /** Waits until exactly this many mails were sent to all their recipients or withdrawn, and the database has marked them as sent. */
    public TimedAlerts mailed(int count) {
        await().untilAsserted(() -> assertThat(copies()).hasSizeGreaterThanOrEqualTo(count));
        await().until(() -> database().rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
        await().until(() -> database().rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NULL AND gave_up_at IS NULL").isEmpty());
        assertThat(copies()).hasSize(count);
        assertThat(recipients()).allSatisfy(recipients -> assertThat(recipients).doesNotHaveDuplicates());
        return this;
    }

    /** Waits until no incident is open. */
    public void awaitEnds() {
        await().until(() -> database().rows("SELECT 1 FROM alert_incident WHERE closed_at IS NULL").isEmpty());
    }

    /** The recipients of each mail, in the order of {@link #mails}. */
    public List<List<String>> recipients() {
        return copies().stream().map(copies -> copies.stream().flatMap(taken -> taken.recipients().stream()).sorted().toList()).toList();
    }
}
