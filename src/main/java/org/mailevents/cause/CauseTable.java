package org.mailevents.cause;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.route.BrokenFile;

/**
 * The table {@code bounce-causes.json}: why deliveries fail and how sure that is, in plain words. It also names the vendor's bounce codes,
 * and explains the enhanced status codes in the replies of receiving servers (RFC 3463, and the IANA registry "SMTP Enhanced Status
 * Codes").
 */
public final class CauseTable {

    /** The id of the cause if nothing tells it, and the key for codes that the vendor adds later. */
    public static final String UNKNOWN = "unknown";

    /** The id of the cause of a mail that the vendor did not send. The view {@code undeliverable_recipient} names it. */
    public static final String NOT_ATTEMPTED = "not-attempted";

    /**
     * A cause.
     *
     * @param kind      what the kind of such a bounce is
     * @param dead      whether the address is dead, so that writing to it is of no use
     * @param sendAgain whether it helps to send the same mail again
     * @param texts     by language
     */
    public record Cause(String id, String kind, boolean dead, boolean sendAgain, Map<String, Texts> texts) {
    }

    /**
     * A cause in one language.
     *
     * @param name   in a few words
     * @param text   what happened
     * @param action what the recipient of an alert should do now
     * @param again  whether it helps to send the mail again; begins with yes or no
     */
    public record Texts(String name, String text, String action, String again) {
    }

    /**
     * One of the vendor's bounce codes.
     *
     * @param cause   the id of the cause that the code means
     * @param kind    what the kind of such a bounce is if only the code tells its cause; null for the kind of the cause
     * @param names   the name by language
     * @param compare whether an enhanced code can contradict it
     */
    public record Code(String cause, String kind, Map<String, String> names, boolean compare) {
    }

    /**
     * One or several enhanced codes.
     *
     * @param texts the meaning by language
     * @param codes the vendor's codes that they agree with; if it is empty, they agree with all
     */
    record Enhanced(Map<String, String> texts, Set<String> codes) {

        boolean agrees(String code) {
            return codes.isEmpty() || codes.contains(code);
        }
    }

    private static final Pattern ENHANCED_CODE = Pattern.compile("([245])\\.(\\d{1,3})\\.(\\d{1,3})");

    /** The ids of the labels of an explanation. */
    static final List<String> LABELS = List.of("cause", "dead", "yes", "no", "or", "sureness", "reason", "rule", "place", "source",
            "removal", "note", "contradicts", "text", "action", "again");

    private final Map<String, Cause> causes;
    private final Map<String, Texts> ambiguous;
    private final Map<String, Map<String, String>> sureness;
    private final Map<String, Map<String, String>> labels;
    private final Map<String, Code> codes;
    private final Map<String, Enhanced> enhanced;
    private final Set<String> languages;

    CauseTable(Map<String, Cause> causes, Map<String, Texts> ambiguous, Map<String, Map<String, String>> sureness,
            Map<String, Map<String, String>> labels, Map<String, Code> codes, Map<String, Enhanced> enhanced) {
        this.causes = new LinkedHashMap<>(causes);
        this.ambiguous = Map.copyOf(ambiguous);
        this.labels = Map.copyOf(labels);
        this.sureness = Map.copyOf(sureness);
        this.codes = new LinkedHashMap<>(codes);
        this.enhanced = Map.copyOf(enhanced);
        this.languages = causes.get(UNKNOWN).texts().keySet().stream().filter(language -> lacking(language).isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * @param file the name of the file for messages
     * @param json the content of the file
     * @throws BrokenFile the first mistake, with its line
     */
    public static CauseTable parse(String file, String json) throws BrokenFile {
        return new CauseTableReader(file, json).read();
    }

    /** The languages in which every entry has a text. */
    public Set<String> languages() {
        return languages;
    }

    /** The first entry without a text in the language, such as {@code enhanced/X.1.1}; empty for each of the {@link #languages()}. */
    public Optional<String> lacking(String language) {
        return Stream.of(lacking("causes/", causes, cause -> cause.texts().containsKey(language)),
                Stream.of("ambiguous").filter(section -> !ambiguous.containsKey(language)),
                lacking("sureness/", sureness, texts -> texts.containsKey(language)),
                lacking("labels/", labels, texts -> texts.containsKey(language)),
                lacking("codes/", codes, code -> code.names().containsKey(language)),
                lacking("enhanced/", enhanced, code -> code.texts().containsKey(language)))
                .flatMap(entries -> entries).min(String::compareTo);
    }

    private static <T> Stream<String> lacking(String section, Map<String, T> entries, Predicate<T> complete) {
        return entries.keySet().stream().filter(key -> !complete.test(entries.get(key))).map(section::concat);
    }

    /** All causes, by id. */
    public Map<String, Cause> causes() {
        return Collections.unmodifiableMap(causes);
    }

    /** All codes of the vendor. */
    public Map<String, Code> codes() {
        return Collections.unmodifiableMap(codes);
    }

    /** @param id any other id than that of a cause, for instance of a row that an older table decided, counts as unknown */
    public Cause cause(String id) {
        return causes.getOrDefault(id == null ? UNKNOWN : id, causes.get(UNKNOWN));
    }

    /** @param code the vendor's bounce code; any other text counts as an unknown code */
    public Code code(String code) {
        return codes.getOrDefault(code, codes.get(UNKNOWN));
    }

    /**
     * The texts of a cause. If the table has no such cause any more, they are those of the unknown cause, with the id as the name: it tells
     * more than that the cause is unknown.
     *
     * @param id       the id of a cause
     * @param language one of the {@link #languages()}
     */
    public Texts texts(String id, String language) {
        Texts texts = in(language, cause(id).texts());
        return id == null || id.isEmpty() || causes.containsKey(id) ? texts : new Texts(id, texts.text(), texts.action(), texts.again());
    }

    /**
     * The texts of a reply with two meanings, by language. Only one of the two causes may ask for the address to be taken off the list, so
     * the texts of neither are right.
     *
     * @param cause the id of the cause
     * @param or    the id of the second cause
     */
    public Map<String, Texts> ambiguous(String cause, String or) {
        Map<String, Texts> named = new LinkedHashMap<>();
        ambiguous.forEach((language, texts) -> {
            if (cause(cause).texts().containsKey(language) && cause(or).texts().containsKey(language)) {
                UnaryOperator<String> names = text -> named(text, cause, or, language);
                named.put(language, new Texts(names.apply(texts.name()), names.apply(texts.text()), names.apply(texts.action()),
                        names.apply(texts.again())));
            }
        });
        return named;
    }

    private String named(String text, String cause, String or, String language) {
        return text.replace("{cause}", texts(cause, language).name()).replace("{or}", texts(or, language).name());
    }

    /** A label of an explanation, such as {@code Cause}. */
    String label(String id, String language) {
        return in(language, labels.get(id));
    }

    /**
     * How sure a conclusion is, in words. If the reply has two meanings, they name both causes and say how to find out.
     *
     * @param sureness as {@link Verdict.Sureness} writes it
     * @param cause    the id of the cause
     * @param or       the id of the second cause, or empty
     */
    public String sureness(String sureness, String cause, String or, String language) {
        return named(in(language, this.sureness.get(sureness)), cause, or, language);
    }

    /** The vendor's name of one of its codes. */
    public String codeName(String code, String language) {
        return in(language, code(code).names());
    }

    /**
     * @param enhancedCode such as {@code 5.1.1}, or empty
     * @param language     one of the {@link #languages()}
     * @return the most exact meaning that is known, or an empty text
     */
    public String status(String enhancedCode, String language) {
        return nearest(enhancedCode).or(() -> wholeClass(enhancedCode)).map(status -> in(language, status.texts())).orElse("");
    }

    /**
     * Whether the vendor's code contradicts the enhanced code of the receiving server. A vendor's code that is listed at a whole class
     * agrees with every enhanced code of this class. For example, any temporary error can cause a retransmission timeout.
     */
    public boolean disagree(String code, String enhancedCode) {
        return code(code).compare() && nearest(enhancedCode).filter(status -> !status.agrees(code)).isPresent()
                && !wholeClass(enhancedCode).map(Enhanced::codes).orElse(Set.of()).contains(code);
    }

    /** The entry for exactly this code, else for its subject and detail in any class, else for its whole subject. */
    private Optional<Enhanced> nearest(String enhancedCode) {
        return first(enhancedCode, "$0", "X.$2.$3", "X.$2");
    }

    private Optional<Enhanced> wholeClass(String enhancedCode) {
        return first(enhancedCode, "$1");
    }

    private Optional<Enhanced> first(String enhancedCode, String... keys) {
        Matcher parts = ENHANCED_CODE.matcher(enhancedCode);
        return !parts.matches() ? Optional.empty()
                : Stream.of(keys).map(parts::replaceFirst).filter(enhanced::containsKey).findFirst().map(enhanced::get);
    }

    private static <T> T in(String language, Map<String, T> texts) {
        T text = texts.get(language);
        if (text == null) {
            throw new IllegalArgumentException("bounce-causes.json has no text in the language " + language);
        }
        return text;
    }
}
