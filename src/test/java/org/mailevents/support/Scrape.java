package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The metrics that Prometheus reads at {@code /observe/metrics}, in its text format 0.0.4. */
public record Scrape(List<Sample> samples) {

    public record Sample(String name, Map<String, String> labels, double value) {
    }

    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]\\w*)=\"((?:[^\"\\\\]|\\\\.)*)\",?");

    public static Scrape of(MailEvents application) {
        HttpResponse<String> answer = application.observe("metrics");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValueSatisfying(type -> assertThat(type)
                .startsWith("text/plain; version=0.0.4"));
        assertThat(answer.body()).doesNotContain("@");
        List<Sample> samples = new ArrayList<>();
        answer.body().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            Matcher sample = SAMPLE.matcher(line);
            assertThat(sample.matches()).as(line).isTrue();
            Map<String, String> labels = new HashMap<>();
            LABEL.matcher(sample.group(2) == null ? "" : sample.group(2)).results()
                    .forEach(label -> labels.put(label.group(1), label.group(2)));
            samples.add(new Sample(sample.group(1), labels, Double.parseDouble(sample.group(3))));
        });
        return new Scrape(samples);
    }

    public Set<String> names() {
        return samples.stream().map(Sample::name).collect(Collectors.toCollection(TreeSet::new));
    }

    public Stream<Sample> named(String name) {
        return samples.stream().filter(sample -> sample.name.equals(name));
    }

    /**
     * The value of the only sample with this name and these labels. Labels are given as name and value, for instance {@code outcome, sent}.
     */
    public double value(String name, String... labels) {
        List<Sample> found = named(name).filter(sample -> {
            for (int i = 0; i < labels.length; i += 2) {
                if (!labels[i + 1].equals(sample.labels.get(labels[i]))) {
                    return false;
                }
            }
            return true;
        }).toList();
        assertThat(found).as(name).hasSize(1);
        return found.get(0).value;
    }
}
