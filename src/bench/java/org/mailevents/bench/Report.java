package org.mailevents.bench;

import static org.mailevents.bench.Benchmark.Contender.CEILING;
import static org.mailevents.bench.Benchmark.Contender.CEILING_BIG;
import static org.mailevents.bench.Benchmark.Contender.OURS;
import static org.mailevents.bench.Benchmark.Contender.OURS_BIG;
import static org.mailevents.bench.Benchmark.Contender.ROW_BY_ROW;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.DoublePredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mailevents.bench.Benchmark.Case;
import org.mailevents.bench.Benchmark.Contender;
import org.mailevents.bench.Driver.Load;
import org.mailevents.bench.Driver.Result;

/** The results as Markdown, with the targets and whether they are met. */
final class Report {

    private static final String HEAD = """
            | webhooks | | events/s | requests/s | p50 ms | p99 ms | CPU s per million events | peak MB \
            | events/s of the ceiling's | p99 of the ceiling's |
            |---|---|--:|--:|--:|--:|--:|--:|--:|--:|
            """;

    private final Map<Case, Map<Contender, List<Result>>> results = new LinkedHashMap<>();

    /** Adds the result of one round. */
    void add(Case measured, Contender contender, Result result) {
        results.computeIfAbsent(measured, any -> new EnumMap<>(Contender.class)).computeIfAbsent(contender, any -> new ArrayList<>())
                .add(result);
    }

    /** @param conditions sentences about the machine and the settings */
    String markdown(String conditions) {
        StringBuilder text = new StringBuilder(HEAD);
        results.forEach((measured, contenders) -> contenders.forEach((contender, rounds) -> text.append(row(measured, contender, rounds))));
        text.append('\n').append(conditions).append("\n\n| target for Mail Events | measured | |\n|---|--:|---|\n")
                .append(target("at least 0.80 of the ceiling's events/s, 100 events a webhook",
                        ratio(json(100), OURS, CEILING, Report::events), is -> is >= 0.80))
                .append(target("at least 0.60 of the ceiling's events/s, 1 event a webhook",
                        ratio(json(1), OURS, CEILING, Report::events), is -> is >= 0.60))
                .append(target("at least 10 times the events/s of row-by-row, 100 events a webhook",
                        ratio(json(100), OURS, ROW_BY_ROW, Report::events), is -> is >= 10));
        for (int events : List.of(100, 1)) {
            text.append(target("with the big table at least 0.75 of the events/s of the empty table, events a webhook: " + events,
                    ratio(json(events), OURS_BIG, OURS, Report::events), is -> is >= 0.75));
        }
        results.keySet().forEach(each -> text.append(target("at most 3 times the ceiling's p99, " + each.description(),
                ratio(each, OURS, CEILING, result -> result.p99Millis), is -> is <= 3)));
        return text.append(target("less than 300 MB of memory", max(results.values().stream().flatMap(contenders ->
                Stream.of(OURS, OURS_BIG).flatMap(ours -> contenders.getOrDefault(ours, List.of()).stream()))), is -> is < 300)).toString();
    }

    private static Case json(int events) {
        return new Case(new Load(events, false, false, false), 64);
    }

    private String row(Case measured, Contender contender, List<Result> rounds) {
        Contender ceiling = contender.big ? CEILING_BIG : CEILING;
        double requests = mean(rounds, result -> result.requests / result.seconds);
        long spooled = rounds.stream().mapToLong(result -> result.spooled).sum();
        return Stream.of(measured.description() + (contender.big ? ", big table" : ""),
                contender.label + (spooled == 0 ? "" : " (" + spooled + " events through the spool)"),
                number(requests * measured.load().events()), number(requests),
                number(mean(rounds, result -> result.p50Millis)), number(mean(rounds, result -> result.p99Millis)),
                number(mean(rounds, result -> result.cpuSeconds / result.requests / measured.load().events() * 1e6)),
                number(max(rounds.stream()).orElseThrow()),
                contender == ceiling ? "" : number(ratio(measured, contender, ceiling, Report::events)),
                contender == ceiling ? "" : number(ratio(measured, contender, ceiling, result -> result.p99Millis)))
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    private static String target(String what, OptionalDouble is, DoublePredicate good) {
        return is.isEmpty() ? "" : "| %s | %s | %s |\n".formatted(what, number(is.getAsDouble()),
                good.test(is.getAsDouble()) ? "met" : "**not met**");
    }

    /** The mean of the ratios of all rounds. In each round the two servers were neighbours. */
    private OptionalDouble ratio(Case measured, Contender one, Contender other, ToDoubleFunction<Result> value) {
        Map<Contender, List<Result>> contenders = results.getOrDefault(measured, Map.of());
        List<Result> ones = contenders.getOrDefault(one, List.of());
        List<Result> others = contenders.getOrDefault(other, List.of());
        return IntStream.range(0, Math.min(ones.size(), others.size()))
                .mapToDouble(round -> value.applyAsDouble(ones.get(round)) / value.applyAsDouble(others.get(round))).average();
    }

    private static double events(Result result) {
        return result.requests / result.seconds; // requests, because the ratio of events is the same
    }

    private static double mean(List<Result> rounds, ToDoubleFunction<Result> value) {
        return rounds.stream().mapToDouble(value).average().orElseThrow();
    }

    private static OptionalDouble max(Stream<Result> rounds) {
        return rounds.mapToDouble(result -> result.peakMegabytes).max();
    }

    private static String number(OptionalDouble value) {
        return value.isEmpty() ? "" : number(value.getAsDouble());
    }

    private static String number(double value) {
        return (value < 10 ? "%.2f" : "%,.0f").formatted(value);
    }
}
