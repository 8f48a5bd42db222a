package org.mailevents.trial;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mailevents.alert.MailForecast;
import org.mailevents.alert.MailForecast.Bounce;
import org.mailevents.event.MailEvent;
import org.mailevents.rehearsal.RehearsalOutcome;
import org.mailevents.settings.Settings;

/** Counts the alert mails of both sides, see {@link MailForecast}. */
final class MailCount {

    private final MailForecast forecast;
    private final Audiences audiences;
    private final Map<String, List<Bounce>> before = new HashMap<>();
    private final Map<String, List<Bounce>> after = new HashMap<>();

    MailCount(Settings settings, Audiences audiences) {
        this.forecast = MailForecast.with(settings);
        this.audiences = audiences;
    }

    void add(MailEvent event, Comparison.Outcomes outcomes) {
        add(event, outcomes.before(), before);
        add(event, outcomes.after(), after);
    }

    private void add(MailEvent event, RehearsalOutcome outcome, Map<String, List<Bounce>> bounces) {
        if (outcome.failure() == null) {
            outcome.stored().stream().map(audiences::mailed).filter(Objects::nonNull)
                    .forEach(audience -> bounces.computeIfAbsent(audience, name -> new ArrayList<>())
                            .add(new Bounce(event.receivedAt(), event.recipient(), event.cause())));
        }
    }

    TryResult.Mails count(Instant oldest, Instant newest) {
        Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        Map<String, TryResult.Count> audiences = new TreeMap<>();
        for (String name : names) {
            audiences.put(name, count(name, before.getOrDefault(name, List.of()), after.getOrDefault(name, List.of())));
        }
        TryResult.Count all = new TryResult.Count(audiences.values().stream().mapToInt(TryResult.Count::before).sum(),
                audiences.values().stream().mapToInt(TryResult.Count::after).sum());
        audiences.values().removeIf(count -> count.before() == count.after());
        double hours = Math.max(1, Math.round(Duration.between(oldest, newest).toMinutes() / 6.0) / 10.0);
        return new TryResult.Mails(hours, all, audiences);
    }

    private TryResult.Count count(String audience, List<Bounce> one, List<Bounce> other) {
        int mails = forecast.mails(audience, one);
        return new TryResult.Count(mails, Objects.equals(one, other) ? mails : forecast.mails(audience, other));
    }
}
