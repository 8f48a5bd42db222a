package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ObjIntConsumer;
import org.apache.camel.impl.DefaultCamelContext;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.UnstorableEvent;
import org.mailevents.event.WebhookBody;
import org.mailevents.event.WebhookFields;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.HiddenRecipients;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.sample.SampleRecords;
import org.mailevents.settings.Settings;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.VendorServer;
import org.mailevents.support.VendorServer.Fact;

/** The vendor, a database with what its webhooks brought, and the reconciliation of both, without routes. */
final class Laboratory implements AutoCloseable {

    static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");
    static final LocalDate DAY = LocalDate.parse("2026-11-25");
    /** How many webhooks of the day are withheld. */
    static final int WITHHELD = 137;

    /** The sample by its day. Nobody changes its elements. */
    private static final Map<LocalDate, List<Fact>> SAMPLES = new ConcurrentHashMap<>();

    final SimulatedClock clock = new SimulatedClock(Instant.parse("2026-11-27T00:00:00Z"));
    final VendorServer vendor = new VendorServer(TOKYO, SampleRecords.COMPOSITION, clock);
    /** The ids of the events that reconciliation sent to the spool, in the order of their arrival. */
    final List<UUID> spooled = new ArrayList<>();
    /** What happens before an event is sent to the spool. */
    Runnable beforeSpool = () -> { };

    private final DefaultCamelContext context = new DefaultCamelContext();
    private final EventReader reader = new EventReader(TOKYO, ShippedCauses.causes());
    private final Database database;
    private RecipientHash hash = RecipientHash.with("");
    private int callsADay = 10_000;
    /** How long events are kept; null for ever. */
    Duration kept;
    /** How long an answer of the vendor may take. */
    Duration limit = Duration.ofMinutes(5);

    Laboratory(TestDatabase testDatabase) {
        Properties properties = new Properties();
        properties.putAll(testDatabase.settings());
        context.getPropertiesComponent().setLocation("file:application.properties");
        context.getPropertiesComponent().setOverrideProperties(properties);
        database = Database.open(new Settings(context), Meters.in(context), clock);
    }

    /** Three days of mail with one message of six, so that a day is listed as a whole. */
    static Laboratory withSample() {
        return new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 6);
    }

    /**
     * Three days of mail: a day, the day before and the day after.
     *
     * @param oneOf only one message of so many
     */
    Laboratory withSampleDays(LocalDate day, int oneOf) {
        vendor.facts.addAll(SAMPLES.computeIfAbsent(day, Laboratory::sample).stream().filter(fact -> number(fact) % oneOf == 0).toList());
        return this;
    }

    private static List<Fact> sample(LocalDate day) {
        return SampleRecords.of(end(day.minusDays(1)), end(day), end(day.plusDays(1))).stream()
                .filter(fact -> !fact.eventType().equals("blocks")).toList();
    }

    private static int number(Fact fact) {
        return Integer.parseInt(fact.element().path("messageId").asText().replaceFirst("<\\d+\\.(\\d+)@.*", "$1"));
    }

    private static ZonedDateTime end(LocalDate day) {
        return day.atTime(23, 59, 59).atZone(TOKYO);
    }

    Laboratory hashedWith(String key) {
        hash = RecipientHash.with(key);
        return this;
    }

    Laboratory withCallsADay(int calls) {
        callsADay = calls;
        return this;
    }

    Jdbi jdbi() {
        return JdbiFactory.create(database);
    }

    /** The deliveries and bounces of a day of the vendor. */
    List<Fact> factsOf(LocalDate day) {
        return vendor.facts.stream()
                .filter(fact -> ListedRecord.created(fact.element().path("created").asText()).atZone(TOKYO)
                        .withZoneSameInstant(vendor.zone).toLocalDate().equals(day)).toList();
    }

    /** Some of the deliveries and bounces of a day, always the same. */
    List<Fact> someOf(LocalDate day, int count) {
        List<Fact> facts = new ArrayList<>(factsOf(day));
        Collections.shuffle(facts, new Random(7));
        return facts.subList(0, count);
    }

    /** The webhooks of everything that happened arrive, except for these. */
    Laboratory receiveAllExcept(Collection<Fact> withheld) {
        Set<Fact> missing = Collections.newSetFromMap(new IdentityHashMap<>());
        missing.addAll(withheld);
        store(vendor.facts.stream().filter(fact -> !missing.contains(fact)).map(this::event).toList());
        return this;
    }

    /** The event that the webhook of a fact becomes. */
    MailEvent event(Fact fact) {
        try {
            return reader.read(new WebhookFields(fact.eventType(), SampleRecords.COMPOSITION, JsonNodeFactory.instance.objectNode()),
                    new HiddenRecipients(hash).inElement(fact.element()), clock.instant());
        } catch (UnstorableEvent e) {
            throw new IllegalStateException(e);
        }
    }

    Set<UUID> ids(Collection<Fact> facts) {
        Set<UUID> ids = new TreeSet<>();
        facts.forEach(fact -> ids.add(event(fact).eventId()));
        return ids;
    }

    Set<UUID> storedIds() {
        return new HashSet<>(jdbi().withHandle(handle -> handle.select("SELECT event_id FROM mail_event").mapTo(UUID.class).list()));
    }

    private void store(Collection<MailEvent> events) {
        jdbi().useTransaction(handle -> {
            try (PreparedBatch insert = handle.prepareBatch("INSERT INTO mail_event (event_id, event_type, status, message_id, recipient,"
                    + " reason, server_composition, created_text, occurred_at, received_at, api_data)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
                events.forEach(event -> insert.add(event.eventId(), event.eventType(), event.status(), event.messageId(),
                        event.recipient(), event.reason(), event.serverComposition(), event.createdText(), event.occurredAt(),
                        event.occurredAt() == null ? event.receivedAt() : event.occurredAt(), event.apiData()));
                insert.execute();
            }
        });
    }

    /** Exactly the withheld events were repaired, and the day is proved complete. */
    void requireRepaired(Day day, List<Fact> withheld) {
        assertThat(spooled).containsExactlyInAnyOrderElementsOf(ids(withheld));
        assertThat(storedIds()).containsAll(ids(factsOf(DAY)));
        assertThat(day.remark()).isNull();
        assertThat(day.complete()).isTrue();
        assertThat(day.repaired()).isEqualTo(withheld.size());
        assertThat(day.missing()).isZero();
        assertThat(day.stored()).isEqualTo(day.vendor()).isEqualTo(factsOf(DAY).stream()
                .filter(fact -> !fact.element().path("status").asText().equals("deferred")).count());
    }

    /** A process that reconciles. Each call makes a new one. */
    Reconciliation process() {
        VendorSettings settings = new VendorSettings(vendor.url(), VendorServer.USER, VendorServer.KEY, SampleRecords.COMPOSITION,
                callsADay, kept, null);
        ReconciledDays days = days();
        StoredRecords stored = new StoredRecords(jdbi(), settings.serverComposition());
        Repair repair = new Repair(reader, new HiddenRecipients(hash), settings.serverComposition(), stored, days, clock, spool());
        VendorApi api = new VendorApi(settings, budget(days), limit, Duration.ofMillis(1));
        return new Reconciliation(settings, api, stored, days, hours(), repair, TOKYO, clock);
    }

    ReconciledDays days() {
        return new ReconciledDays(jdbi());
    }

    CallBudget budget(ReconciledDays days) {
        return new CallBudget(jdbi(), days, clock, TOKYO, callsADay);
    }

    ReceivingHours hours() {
        return new ReceivingHours(jdbi(), clock, status -> 0);
    }

    /** What is spooled is stored at once. */
    private ObjIntConsumer<WebhookBody> spool() {
        WebhookReader webhooks = new WebhookReader(reader, hash);
        return (webhook, count) -> {
            beforeSpool.run();
            webhooks.read(webhook, clock.instant()).forEachRemaining(piece -> {
                piece.events().forEach(event -> spooled.add(event.eventId()));
                store(piece.events());
            });
        };
    }

    @Override
    public void close() {
        vendor.close();
        database.close();
    }
}
