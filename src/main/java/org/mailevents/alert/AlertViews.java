package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.alert.Alert.Count;
import org.mailevents.alert.AlertView.Answered;
import org.mailevents.alert.AlertView.Block;
import org.mailevents.alert.AlertView.Destination;
import org.mailevents.alert.AlertView.Group;
import org.mailevents.alert.AlertView.Listed;
import org.mailevents.alert.AlertView.Main;
import org.mailevents.alert.AlertView.Share;
import org.mailevents.alert.AlertView.Surroundings;
import org.mailevents.alert.AlertView.Urgency;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.CauseTable.Texts;
import org.mailevents.settings.Settings;

/** Makes an {@link AlertView} of an {@link Alert}. */
final class AlertViews {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

    private final ZoneId zone;
    private final String consoleUrl;

    AlertViews(Settings settings) {
        zone = settings.zone("webhook.time-zone");
        consoleUrl = settings.text("console.url").isEmpty() ? "" : settings.webUrl("console.url");
    }

    String zone() {
        return zone.getId();
    }

    static String time(Instant instant, ZoneId zone) {
        return TIME.format(instant.atZone(zone));
    }

    String time(Instant instant) {
        return time(instant, zone);
    }

    /** @param answers the links by which the recipient answers; null if there are none */
    AlertView of(Alert alert, CauseRules rules, String language, AnswerLinks answers) {
        boolean reports = alert.phase() == IncidentPhase.OPENED || alert.phase() == IncidentPhase.UPDATE;
        Blocks blocks = new Blocks(rules, language);
        List<Listed> bounces = alert.bounces().stream().map(blocks::listed).toList();
        Map<String, List<Block>> byCause = blocks.listed(alert.bounces());
        List<Group> groups = causes(alert, reports).map(cause -> group(cause, rules.table().texts(cause.what(), language),
                byCause.getOrDefault(cause.what(), List.of()), bounces)).toList();
        List<Destination> destinations = destinations(alert, reports);
        long elsewhere = (reports ? alert.news() : alert.total()) - destinations.stream().mapToLong(Destination::bounces).sum();
        int listed = groups.stream().flatMap(group -> group.blocks().stream()).mapToInt(block -> block.bounces().size()).sum();
        long known = bounces.stream().filter(Listed::known).count();
        boolean acknowledged = alert.acknowledged() != null;
        return new AlertView(alert.phase().toString(), alert.ending() == null ? "" : alert.ending().toString(), alert.audience(),
                urgency(alert.urgency()), time(alert.openedAt()), time(alert.lastBounceAt()),
                minutes(alert.openedAt(), alert.lastBounceAt()), minutes(alert.lastBounceAt(), alert.madeAt()), alert.news(), alert.total(),
                destinations, elsewhere, domains(alert, destinations), main(alert, groups, destinations), groups,
                reports && groups.size() == 1, listed, bounces.size(), listed == bounces.size() ? "" : file(alert),
                bounces.size() - known, known, surroundings(alert.figures(), reports), alert.allClear(),
                acknowledged ? alert.acknowledged().by() : "", acknowledged ? time(alert.acknowledged().at()) : "",
                consoleUrl.isEmpty() ? "" : consoleUrl + "/#incident=" + alert.incident(), answers,
                alert.answered().stream().map(answer -> answered(answer, rules.table(), language)).toList(), bounces);
    }

    /**
     * The most frequent cause at one destination, which the subject names; of several, the one that the mail names first. The most frequent
     * destination may have another cause than the most frequent one. A mail whose events were deleted has none.
     */
    private static Main main(Alert alert, List<Group> groups, List<Destination> destinations) {
        record Pair(String domain, String cause) {
        }
        List<String> causes = groups.stream().map(Group::id).toList();
        Pair most = alert.bounces().stream().collect(Collectors.groupingBy(bounce -> new Pair(Blocks.domain(bounce.recipient()),
                bounce.cause()), LinkedHashMap::new, Collectors.counting())).entrySet().stream()
                .max(Map.Entry.<Pair, Long>comparingByValue().thenComparing(entry -> -causes.indexOf(entry.getKey().cause())))
                .map(Map.Entry::getKey).orElseGet(() -> new Pair(destinations.isEmpty() ? "" : destinations.get(0).domain(), ""));
        return groups.isEmpty() ? null : new Main(most.domain(), groups.stream().filter(group -> group.id().equals(most.cause()))
                .findFirst().orElseGet(() -> groups.get(0)));
    }

    private Answered answered(Alert.Answered answer, CauseTable table, String language) {
        return new Answered(time(answer.at()), answer.by(), answer.act(), answer.ended(),
                answer.cause().isEmpty() ? "" : table.texts(answer.cause(), language).name(), answer.domain(),
                answer.until() == null ? "" : time(answer.until()), answer.frequency());
    }

    /** Each mail has a different name, so that files which are saved in one folder do not replace each other. */
    private static String file(Alert alert) {
        return "bounces-" + alert.incident().toString().substring(0, 8) + "-" + alert.number() + ".csv";
    }

    private static long minutes(Instant from, Instant until) {
        return Duration.between(from, until).toMinutes();
    }

    private static Stream<Count> causes(Alert alert, boolean reports) {
        return !reports ? alert.causes().stream() : alert.causes().stream().filter(cause -> cause.news() > 0)
                .sorted(Comparator.comparing(cause -> -cause.news()));
    }

    private static Group group(Count count, Texts cause, List<Block> blocks, List<Listed> bounces) {
        int rows = Math.toIntExact(bounces.stream().filter(bounce -> bounce.causeId().equals(count.what())).count());
        return new Group(count.what(), count.count(), count.news(), cause, doubt(blocks), blocks,
                rows - blocks.stream().mapToInt(Block::count).sum());
    }

    private static String doubt(List<Block> blocks) {
        return blocks.isEmpty() || !blocks.get(0).said().ambiguous() ? "" : blocks.get(0).said().sureness();
    }

    private static List<Destination> destinations(Alert alert, boolean reports) {
        if (!reports) {
            return alert.destinations().stream().map(place -> new Destination(place.domain(), place.count(), 0, "")).toList();
        }
        return alert.destinations().stream().filter(place -> place.news() > 0).sorted(Comparator.comparing(place -> -place.news()))
                .map(place -> new Destination(place.domain(), place.news(), place.finished(),
                        place.finished() == 0 ? "" : String.valueOf(place.percent()))).toList();
    }

    /** An alert names no more than a few destinations. Its bounces may have others. */
    private static long domains(Alert alert, List<Destination> destinations) {
        return Math.max(destinations.size(), alert.bounces().stream().map(bounce -> Blocks.domain(bounce.recipient())).distinct().count());
    }

    private static Urgency urgency(Alert.Urgency urgency) {
        return urgency == null ? null : new Urgency(urgency.setting(), urgency.value(), urgency.domain() == null ? "" : urgency.domain(),
                urgency.bounces(), urgency.finished(), String.valueOf(urgency.percent()));
    }

    private static Surroundings surroundings(Figures figures, boolean reports) {
        return figures == null ? null : new Surroundings(figures.hours(), Share.of(figures.hour()), Share.of(figures.day()),
                figures.recent(), figures.usual() == null ? "" : String.valueOf(Math.round(10 * figures.usual()) / 10.0),
                reports && figures.unusual());
    }
}
