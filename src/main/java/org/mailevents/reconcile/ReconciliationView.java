package org.mailevents.reconcile;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.reconcile.ReconciledDays.Hour;
import org.mailevents.reconcile.ReceivingHours.Why;

/**
 * The answer of {@code GET /api/reconciliation}.
 *
 * @param configured   whether the settings of the vendor's API are set
 * @param days         the days of the last 40 days that were looked at, the newest first
 * @param callsToday   how many calls of the vendor's API were made today
 * @param callsAllowed {@code vendor.calls-a-day}
 */
record ReconciliationView(boolean configured, CalibrationView calibration, List<DayView> days, int callsToday, int callsAllowed) {

    static final int DAYS = 40;

    /**
     * @param state         {@code none}, {@code believed}, or {@code refused} if a day of the last run could not be repaired
     * @param offsetSeconds how far the times of the vendor's lists are ahead of those of its webhooks; null if not known
     * @param records       how many records have confirmed the offset
     * @param reason        why the newest such day was not repaired; null if there is none
     */
    record CalibrationView(String state, Long offsetSeconds, long records, String reason) {

        static CalibrationView of(Calibration known, String refusal) {
            return new CalibrationView(refusal != null ? "refused" : known.isKnown() ? "believed" : "none",
                    known.isKnown() ? known.offset().toSeconds() : null, known.records(), refusal);
        }
    }

    /**
     * @param date        the day of the vendor, as {@code yyyy-mm-dd}
     * @param vendor      how many events the vendor has; null if it was not asked
     * @param notReported how many events the vendor has that are not stored
     * @param hours       the hours in which repaired events happened
     */
    record DayView(String date, long stored, Long vendor, long repaired, long notReported, List<HourView> hours, Instant lookedAt,
            boolean complete, String remark) {
    }

    /** @param why what is known to have kept the webhooks of the hour away */
    record HourView(Instant hour, long repaired, List<Why> why) {
    }

    /** The days since a day. */
    static List<DayView> days(ReconciledDays days, ReceivingHours hours, LocalDate first) {
        Map<LocalDate, List<HourView>> byDay = days.repairedHours(first).stream().collect(Collectors.groupingBy(Hour::mailDay,
                Collectors.mapping(hour -> new HourView(hour.start(), hour.events(), hours.why(hour.start())), Collectors.toList())));
        return days.since(first).stream().map(day -> of(day, byDay.getOrDefault(day.mailDay(), List.of()))).toList();
    }

    private static DayView of(Day day, List<HourView> hours) {
        return new DayView(day.mailDay().toString(), day.stored(), day.vendor(), day.repaired(), day.missing(), hours, day.lookedAt(),
                day.complete(), day.remark());
    }

    /** The answer of the command {@code reconcile}. */
    static String text(Day day, boolean dryRun, List<HourView> hours) {
        StringBuilder text = new StringBuilder(day.mailDay() + ": " + day.stored() + " of " + (day.vendor() == null ? "an unknown number of"
                : String.valueOf(day.vendor())) + " events are stored");
        if (day.repaired() > 0) {
            text.append(dryRun ? " once " + day.repaired() + " of them are taken from the vendor's list. This was a dry run, and"
                    + " nothing was changed."
                    : ", " + day.repaired() + " of them from the vendor's list.");
        } else {
            text.append('.');
        }
        text.append('\n');
        if (day.remark() != null) {
            text.append(day.remark()).append('\n');
        }
        hours.forEach(hour -> text.append(hour.hour()).append(": ").append(hour.repaired()).append(" repaired. ")
                .append(hour.why().stream().map(ReconciliationView::sentence).collect(Collectors.joining(" "))).append('\n'));
        return text.toString();
    }

    private static String sentence(Why why) {
        return switch (why.what()) {
            case "not-running" -> "Mail Events was not running for " + why.count() + " minutes.";
            case "refused-secret" -> why.count() + " webhooks had no secret or a wrong secret (401).";
            case "too-large" -> why.count() + " webhooks were larger than webhook.max-body (413).";
            case "unavailable" -> why.count() + " webhooks could be kept nowhere (503).";
            default -> "Mail Events was running and refused nothing: look at the network, the proxy and the vendor's console.";
        };
    }
}
