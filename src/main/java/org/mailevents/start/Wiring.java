package org.mailevents.start;

import com.zaxxer.hikari.HikariDataSource;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Registry;
import org.mailevents.camel.CaughtErrors;
import org.mailevents.camel.CurrentDirect;
import org.mailevents.camel.FailedSteps;
import org.mailevents.camel.HttpTimeouts;
import org.mailevents.camel.RecordLanguage;
import org.mailevents.camel.Timers;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.DecidedCauses;
import org.mailevents.channel.Channels;
import org.mailevents.database.Database;
import org.mailevents.event.AskedAddress;
import org.mailevents.event.CsvRow;
import org.mailevents.event.EventReader;
import org.mailevents.http.ApiRequests;
import org.mailevents.kafka.KafkaLog;
import org.mailevents.kafka.KafkaSettings;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.live.LiveCauses;
import org.mailevents.live.PendingEdits;
import org.mailevents.log.FailingRoutes;
import org.mailevents.log.FailureLog;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.receive.CollectEvents;
import org.mailevents.receive.ReceiveWebhook;
import org.mailevents.rehearsal.RouteTestText;
import org.mailevents.route.BrokenFile;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.Spool;

/**
 * The one place where the parts that several routes share are made and bound in Camel's registry. A class that needs a part looks it up by
 * its type. Camel Main calls this class because {@code Application} names it. The Camel CLI calls every class that is a
 * {@link CamelConfiguration}. Both do so before they make the routes.
 */
public final class Wiring implements CamelConfiguration {

    @Override
    public void configure(CamelContext context) throws Exception {
        // first, because the check of alert.endpoint creates a component
        HttpTimeouts.use(context);
        CurrentDirect.use(context);
        Settings settings = new Settings(context);
        KnownSettings.requireValid(settings);
        ReceiveWebhook.requireStartable(context);
        bindChannels(context).requireUsable();
        Optional<KafkaSettings> kafka = KafkaSettings.of(settings);
        RecordLanguage.use(context);
        CaughtErrors.use(context);
        FailedSteps.use(context);
        Meters meters = bindPartsInMemory(context);
        bindCauses(context, LiveCauses.in(context)::rules);
        Registry registry = context.getRegistry();
        registry.bind("failingRoutes", FailingRoutes.shownIn(context));
        registry.bind("recipientHash", RecipientHash.with(settings.text(RecipientHash.SETTING)));
        registry.bind(Database.NAME, Database.open(settings, meters, TimeSource.of(context)), null, "close");
        Spool spool = Spool.open(context, meters);
        registry.bind("spool", spool);
        kafka.ifPresentOrElse(log -> bindLog(context, log, spool, meters),
                () -> meters.watchNothing(Level.LOG_UP, Level.LOG_LAG, Level.LOG_AGE));
        registry.bind("activeRoutes", ActiveRoutes.in(settings.routes()));
        bindBeansOfRoutes(context);
        context.addStartupListener(new StartUp());
    }

    private static void bindLog(CamelContext context, KafkaSettings settings, Spool spool, Meters meters) {
        KafkaLog log = KafkaLog.open(context, settings, meters);
        context.getRegistry().bind("kafkaLog", log, null, "close");
        spool.use(log);
    }

    /** Binds the parts that open nothing. A command such as {@code preview} needs only these. */
    public static Meters bindPartsInMemory(CamelContext context) {
        Registry registry = context.getRegistry();
        if (registry.findSingleByType(Timers.class) == null) {
            Timers.watch(context, System::nanoTime);
        }
        Meters meters = Meters.in(context);
        registry.bind("meters", meters);
        registry.bind("pendingEdits", PendingEdits.shownIn(context, meters));
        registry.bind("apiRequests", new ApiRequests());
        return meters;
    }

    /**
     * Binds what the YAML routes need to be created and tested, without opening anything. The command {@code check} needs it.
     *
     * @throws IllegalArgumentException if {@code privacy.hash-recipients} cannot be used
     */
    static void bindForCheck(CamelContext context) throws BrokenFile {
        bindChannels(context);
        CauseRules rules = LiveCauses.read(new Settings(context).routes());
        bindCauses(context, () -> rules);
        Registry registry = context.getRegistry();
        registry.bind(Database.NAME, new HikariDataSource()); // without a URL, it opens nothing
        bindBeansOfRoutes(context);
        registry.bind("recipientHash", RecipientHash.with(new Settings(context).text(RecipientHash.SETTING)));
    }

    /** The routes of the channels ask which of them are used. */
    private static Channels bindChannels(CamelContext context) {
        Channels channels = new Channels(new Settings(context));
        context.getRegistry().bind("channels", channels);
        context.getPropertiesComponent().addPropertiesSource(channels);
        return channels;
    }

    private static void bindCauses(CamelContext context, Supplier<CauseRules> rules) {
        DecidedCauses causes = new DecidedCauses(rules);
        context.getRegistry().bind("causes", causes);
        context.getRegistry().bind("eventReader", new EventReader(new Settings(context).zone("webhook.time-zone"), causes));
    }

    /** Binds the beans that the YAML routes name. */
    private static void bindBeansOfRoutes(CamelContext context) {
        Registry registry = context.getRegistry();
        registry.bind(AskedAddress.NAME, new AskedAddress());
        registry.bind(CollectEvents.NAME, new CollectEvents());
        registry.bind(CsvRow.NAME, new CsvRow());
        registry.bind(FailureLog.NAME, FailureLog.of(context));
        registry.bind(RouteTestText.NAME, new RouteTestText());
    }
}
