package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** An expression in {@code ops/}. A scrape can tell whether the metrics and labels of the expression exist. */
public record PromQl(String text) {

    public static final Path ALERTS = Path.of("ops/prometheus-alerts.yaml");
    public static final Path DASHBOARD = Path.of("ops/grafana-dashboard.json");

    /** The name of a metric, perhaps with a filter. */
    private static final Pattern SELECTOR = Pattern.compile("([a-zA-Z_:][\\w:]*)\\s*(?:\\{([^}]*)})?");
    private static final Pattern FILTER = Pattern.compile("\\s*(\\w+)\\s*(=~|=|!=|!~)\\s*\"([^\"]*)\"\\s*,?");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|without)\\s*\\(([^)]*)\\)");
    private static final Set<String> OPERATORS = Set.of("and", "or", "unless");
    /** Labels that Prometheus adds. */
    private static final Set<String> ITS_OWN = Set.of("job", "instance");

    /** An alert rule. */
    public record Rule(String name, PromQl expression, Map<String, String> annotations) {
    }

    @SuppressWarnings("unchecked")
    public static List<Rule> alerts() {
        List<Rule> alerts = new ArrayList<>();
        Map<String, Object> file = (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(read(ALERTS));
        for (Map<String, Object> group : (List<Map<String, Object>>) file.get("groups")) {
            for (Map<String, Object> rule : (List<Map<String, Object>>) group.get("rules")) {
                alerts.add(new Rule((String) rule.get("alert"), new PromQl((String) rule.get("expr")),
                        (Map<String, String>) rule.get("annotations")));
            }
        }
        return alerts;
    }

    /** The expressions of all panels. */
    public static List<PromQl> panels() {
        try {
            List<PromQl> panels = new ArrayList<>();
            for (JsonNode panel : new ObjectMapper().readTree(read(DASHBOARD)).path("panels")) {
                assertThat(panel.path("targets")).as(panel.path("title").asText()).isNotEmpty();
                panel.path("targets").forEach(target -> panels.add(new PromQl(target.path("expr").asText())));
            }
            return panels;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The metrics in the expression. */
    public Set<String> metrics() {
        Set<String> metrics = new TreeSet<>();
        selectors().forEach(selector -> metrics.add(selector.group(1)));
        return metrics;
    }

    /** Checks that every metric in the expression exists, with the labels and the values that the expression names. */
    public void assertAnswered(Scrape scrape) {
        assertThat(selectors()).as(text).isNotEmpty();
        Set<String> labels = new TreeSet<>(ITS_OWN);
        for (MatchResult selector : selectors()) {
            String metric = selector.group(1);
            if (metric.equals("up")) {
                continue; // Prometheus adds this metric.
            }
            assertThat(scrape.names()).as(text).contains(metric);
            List<MatchResult> filters = selector.group(2) == null ? List.of() : FILTER.matcher(selector.group(2)).results().toList();
            assertThat(filters.stream().mapToInt(filter -> filter.group().length()).sum()).as(text)
                    .isEqualTo(selector.group(2) == null ? 0 : selector.group(2).length());
            assertThat(scrape.named(metric)).as(text).anyMatch(sample -> filters.stream()
                    .filter(filter -> !ITS_OWN.contains(filter.group(1)))
                    .allMatch(filter -> filter.group(2).equals("=") && filter.group(3).equals(sample.labels().get(filter.group(1)))));
            scrape.named(metric).forEach(sample -> labels.addAll(sample.labels().keySet()));
        }
        GROUPING.matcher(text).results().forEach(grouping -> assertThat(labels).as(text)
                .contains(grouping.group(1).trim().split("\\s*,\\s*")));
    }

    private List<MatchResult> selectors() {
        String plain = GROUPING.matcher(text.replaceAll("\\[[^]]*]", "")).replaceAll(" ");
        return SELECTOR.matcher(plain).results().filter(found -> !OPERATORS.contains(found.group(1)) && !isFunction(plain, found)).toList();
    }

    private static boolean isFunction(String plain, MatchResult found) {
        Matcher open = Pattern.compile("\\s*\\(").matcher(plain).region(found.end(), plain.length());
        return found.group(2) == null && open.lookingAt();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
