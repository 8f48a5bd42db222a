package org.mailevents.alert;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.alert.AlertView.Block;
import org.mailevents.alert.AlertView.Listed;
import org.mailevents.alert.AlertView.Origin;
import org.mailevents.alert.AlertView.Said;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.Rule;
import org.mailevents.cause.Verdict;
import org.mailevents.cause.Verdict.Sureness;

/** Puts the bounces of a mail together of which the same is said, so that a thousand equal replies are read once. */
final class Blocks {

    /** How many bounces the text of a mail lists as examples. If there are more, the attached CSV has all of them. */
    static final int MAX_LISTED = 50;
    private static final int MAX_EXAMPLES = 5;

    private final CauseRules rules;
    private final CauseTable table;
    private final String language;

    Blocks(CauseRules rules, String language) {
        this.rules = rules;
        this.table = rules.table();
        this.language = language;
    }

    /** Bounces are in one block if they have one domain, and the vendor, the server and the rules say the same of them. */
    private record Key(String domain, Said said, int rule, String replyCode, String reply) {
    }

    /** The blocks that the text of a mail lists, by the id of their cause. The largest blocks of a cause come first. */
    Map<String, List<Block>> listed(List<Bounce> bounces) {
        Map<String, Map<Key, List<Bounce>>> byCause = bounces.stream().collect(Collectors.groupingBy(Bounce::cause,
                Collectors.groupingBy(this::key, LinkedHashMap::new, Collectors.toList())));
        int blocks = share(byCause.values().stream().map(Map::size).toList(), MAX_LISTED);
        Map<String, List<Map.Entry<Key, List<Bounce>>>> largest = new LinkedHashMap<>();
        byCause.forEach((cause, all) -> largest.put(cause, all.entrySet().stream()
                .sorted(Comparator.comparing(block -> -block.getValue().size())).limit(blocks).toList()));
        int examples = share(largest.values().stream().flatMap(Collection::stream).map(block -> block.getValue().size()).toList(),
                MAX_EXAMPLES);
        return largest.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, group -> group.getValue().stream()
                .map(block -> block(block.getKey(), block.getValue(), examples)).toList()));
    }

    /** How many of each can be listed, at most {@code limit}, so that the frequent ones do not crowd out the others. */
    private static int share(Collection<Integer> sizes, int limit) {
        int share = limit;
        while (share > 0) {
            int most = share;
            if (sizes.stream().mapToInt(size -> Math.min(size, most)).sum() <= MAX_LISTED) {
                break;
            }
            share--;
        }
        return share;
    }

    private Block block(Key key, List<Bounce> bounces, int examples) {
        Origin common = bounces.size() == 1 ? new Origin("", "", "")
                : new Origin(common(bounces, Bounce::subject), common(bounces, Bounce::sender), common(bounces, Bounce::apiData));
        return new Block(key.domain(), key.said(), bounces.get(0).reason(), common, bounces.size(),
                bounces.stream().limit(examples).map(bounce -> listed(bounce, common)).toList());
    }

    private static String common(List<Bounce> bounces, Function<Bounce, String> value) {
        String first = value.apply(bounces.get(0));
        return bounces.stream().map(value).allMatch(first::equals) ? first : "";
    }

    /** The part of an address after its first at sign, in lower case, as the query of the destinations takes it. */
    static String domain(String recipient) {
        return recipient.substring(recipient.indexOf('@') + 1).toLowerCase(Locale.ROOT);
    }

    Listed listed(Bounce bounce) {
        return listed(bounce, new Origin("", "", ""));
    }

    /** @param common what need not be said of each bounce */
    private Listed listed(Bounce bounce, Origin common) {
        return new Listed(bounce.recipient(), bounce.occurredAt(), unless(common.subject(), bounce.subject()),
                unless(common.sender(), bounce.sender()), bounce.messageId(), unless(common.apiData(), bounce.apiData()),
                bounce.code(), table.codeName(bounce.code(), language), bounce.cause(), table.texts(bounce.cause(), language).name(),
                bounce.dead(), bounce.enhancedCode(), table.status(bounce.enhancedCode(), language), bounce.reason(), bounce.known());
    }

    private static String unless(String common, String value) {
        return common.isEmpty() ? value : "";
    }

    private Key key(Bounce bounce) {
        Verdict verdict = rules.decide(new org.mailevents.cause.Bounce(bounce.reason(), bounce.recipient(), bounce.code(), ""));
        return new Key(domain(bounce.recipient()), said(bounce, verdict),
                verdict.rule() == null ? 0 : verdict.rule().number(), verdict.reply().code(),
                FoldedReply.of(bounce.reason(), bounce.recipient()));
    }

    /** If the rules were edited after they had decided the cause, they tell nothing about the reasons of that decision. */
    private Said said(Bounce bounce, Verdict verdict) {
        boolean current = verdict.cause().equals(bounce.cause()) && verdict.dead() == bounce.dead();
        Rule rule = current ? verdict.rule() : null;
        return new Said(bounce.code(), table.codeName(bounce.code(), language), bounce.enhancedCode(),
                table.status(bounce.enhancedCode(), language),
                current ? table.sureness(verdict.sureness().toString(), verdict.cause(), verdict.or(), language) : "",
                current && verdict.sureness() == Sureness.AMBIGUOUS, rule == null ? "" : rule.removal(),
                current && verdict.contradicts(table, bounce.code()), table.disagree(bounce.code(), bounce.enhancedCode()));
    }
}
