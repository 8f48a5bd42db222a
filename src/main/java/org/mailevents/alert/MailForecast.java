package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.mailevents.alert.AlertPolicy.Facts;
import org.mailevents.alert.AlertPolicy.Step;
import org.mailevents.alert.AudienceState.Pending;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.settings.Settings;

/**
 * Computes how many alert mails an audience would get about given bounces, with the {@link AlertPolicy} that the settings describe. It
 * starts without an open incident, every mail is sent at once, and every day is ordinary: no mail is urgent, and the bounces are not far
 * more than usual. So the number is a comparison of two decisions about the same bounces, and no prediction.
 */
public final class MailForecast {

    /** Mail Events itself looks every second. A longer step makes no difference for delays of minutes. */
    private static final Duration STEP = Duration.ofSeconds(30);

    private static final UUID NO_ID = new UUID(0, 0);

    private final AlertPolicy policy;

    private MailForecast(AlertPolicy policy) {
        this.policy = policy;
    }

    public static MailForecast with(Settings settings) {
        return new MailForecast(AlertPolicy.of(settings));
    }

    /** A bounce for which the audience is mailed. */
    public record Bounce(Instant receivedAt, String recipient, String cause) {
    }

    /** @return the number of mails */
    public int mails(String audience, List<Bounce> bounces) {
        Deque<Bounce> later = new ArrayDeque<>(bounces.stream().sorted(Comparator.comparing(Bounce::receivedAt)).toList());
        Run run = new Run(audience);
        Instant now = later.isEmpty() ? Instant.EPOCH : later.peek().receivedAt();
        while (!later.isEmpty() || run.incident != null || run.pending != null) {
            while (!later.isEmpty() && !later.peek().receivedAt().isAfter(now)) {
                run.receive(later.poll());
            }
            run.advance(now);
            boolean idle = run.incident == null && run.pending == null;
            now = idle && !later.isEmpty() ? later.peek().receivedAt() : now.plus(STEP);
        }
        return run.mails;
    }

    /** The state of one audience. */
    private final class Run implements Facts {

        private final Deque<Instant> lastDay = new ArrayDeque<>();
        private final Set<Set<String>> reported = new HashSet<>();
        private final Set<Set<String>> unreported = new HashSet<>();
        private final String audience;
        private Incident incident;
        private Pending pending;
        private int mails;

        private Run(String audience) {
            this.audience = audience;
        }

        private void receive(Bounce bounce) {
            Instant at = bounce.receivedAt();
            pending = pending == null ? new Pending(1, at, at) : new Pending(pending.bounces() + 1, pending.oldest(), at);
            unreported.add(Set.of("address " + bounce.recipient(), "cause " + bounce.cause()));
        }

        private void advance(Instant now) {
            while (!lastDay.isEmpty() && lastDay.peek().isBefore(now.minus(Duration.ofDays(1)))) {
                lastDay.poll();
            }
            int lastHour = (int) lastDay.stream().filter(at -> at.isAfter(now.minus(Duration.ofHours(1)))).count();
            Sent sent = new Sent(false, lastHour, lastDay.size(), lastDay.peekLast());
            AudienceState state = new AudienceState(audience, incident, pending, sent);
            policy.due(state, now, this).ifPresent(step -> {
                if (step == Step.END_WITHOUT_MAIL) {
                    incident = null;
                    reported.clear();
                } else {
                    mail(state, now);
                }
            });
        }

        private void mail(AudienceState state, Instant now) {
            mails++;
            lastDay.add(now);
            reported.addAll(unreported);
            unreported.clear();
            incident = incident == null ? new Incident(NO_ID, pending.oldest(), pending.newest(), 1, false, false, false, null, null)
                    : new Incident(NO_ID, incident.openedAt(), state.lastBounceAt(), incident.mails() + 1, false, false, false, null, null);
            pending = null;
        }

        @Override
        public boolean urgent() {
            return false;
        }

        @Override
        public boolean unusual() {
            return false;
        }

        @Override
        public boolean allClear() {
            return false;
        }

        @Override
        public boolean keptOpen() {
            return false;
        }

        @Override
        public boolean news() {
            return !reported.containsAll(unreported);
        }
    }
}
