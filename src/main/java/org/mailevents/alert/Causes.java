package org.mailevents.alert;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.live.BrokenFile;

/**
 * What bounces mean, in plain words: the vendor's bounce codes, and the enhanced status codes of RFC 3463 and of the IANA registry
 * "SMTP Enhanced Status Codes" that receiving servers reply with.
 */
final class Causes {

    /** Stands for the codes that the vendor may add. */
    static final String UNKNOWN = "unknown";

    /** One of the vendor's codes: its cause by language, and whether an enhanced code can contradict it. */
    record Code(Map<String, Cause> causes, boolean compare) {
    }

    /** One or several enhanced codes: the meaning by language, and the vendor's codes it agrees with; none listed, it agrees with all. */
    record Enhanced(Map<String, String> texts, Set<String> codes) {

        boolean agrees(String code) {
            return codes.isEmpty() || codes.contains(code);
        }
    }

    private static final Pattern ENHANCED_CODE = Pattern.compile("([245])\\.(\\d{1,3})\\.(\\d{1,3})");

    private final Map<String, Code> codes;
    private final Map<String, Enhanced> enhanced;
    private final Set<String> languages;

    Causes(Map<String, Code> codes, Map<String, Enhanced> enhanced) {
        this.codes = Map.copyOf(codes);
        this.enhanced = Map.copyOf(enhanced);
        this.languages = codes.get(UNKNOWN).causes().keySet().stream().filter(language -> lacking(language).isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * @param file as errors name it
     * @param json what it holds
     * @throws BrokenFile the first mistake, with its line
     */
    static Causes parse(String file, String json) throws BrokenFile {
        return new CausesReader(file, json).read();
    }

    /** The languages in which every entry has its texts. */
    Set<String> languages() {
        return languages;
    }

    /** The first entry without that language, such as {@code enhanced/X.1.1}; empty where it is one of the {@link #languages()}. */
    Optional<String> lacking(String language) {
        Stream<String> inCodes = codes.keySet().stream().filter(key -> !codes.get(key).causes().containsKey(language))
                .map("codes/"::concat);
        Stream<String> inEnhanced = enhanced.keySet().stream().filter(key -> !enhanced.get(key).texts().containsKey(language))
                .map("enhanced/"::concat);
        return Stream.concat(inCodes, inEnhanced).min(String::compareTo);
    }

    /**
     * @param code     the vendor's, any text
     * @param language one of the {@link #languages()}
     */
    Cause cause(String code, String language) {
        return in(language, code(code).causes());
    }

    /**
     * @param enhancedCode such as {@code 5.1.1}, or empty
     * @param language     one of the {@link #languages()}
     * @return what it means, as exactly as is known; empty where nothing is
     */
    String status(String enhancedCode, String language) {
        return nearest(enhancedCode).or(() -> wholeClass(enhancedCode)).map(status -> in(language, status.texts())).orElse("");
    }

    /**
     * Whether the vendor's code and the receiving server's own say different things. What is listed at a whole class agrees with all of
     * that class: a retransmission timeout may come of any temporary error.
     */
    boolean disagree(String code, String enhancedCode) {
        return code(code).compare() && nearest(enhancedCode).filter(status -> !status.agrees(code)).isPresent()
                && !wholeClass(enhancedCode).map(Enhanced::codes).orElse(Set.of()).contains(code);
    }

    private Code code(String code) {
        return codes.getOrDefault(code, codes.get(UNKNOWN));
    }

    /** The entry for this very code, else for its subject and detail in any class, else for all of its subject. */
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
            throw new IllegalArgumentException("There is no text in the language " + language);
        }
        return text;
    }
}
