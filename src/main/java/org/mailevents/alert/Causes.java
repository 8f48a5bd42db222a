package org.mailevents.alert;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.operate.BrokenFile;

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

    /** One or several enhanced codes: the meaning by language, and the vendor's codes it agrees with; with none, it agrees with all. */
    record Enhanced(Map<String, String> texts, Set<String> codes) {
    }

    private static final Pattern ENHANCED_CODE = Pattern.compile("([245])\\.(\\d{1,3})\\.\\d{1,3}");

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
        return Stream.concat(
                codes.entrySet().stream().filter(code -> !code.getValue().causes().containsKey(language)).map(code -> "codes/" + code.getKey()),
                enhanced.entrySet().stream().filter(status -> !status.getValue().texts().containsKey(language))
                        .map(status -> "enhanced/" + status.getKey())).min(String::compareTo);
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
        return nearest(enhancedCode).map(status -> in(language, status.texts())).orElse("");
    }

    /**
     * Whether the vendor's code and the receiving server's own say different things. The codes of a whole class agree with all of that class:
     * a retransmission timeout may come of any temporary error.
     */
    boolean disagree(String code, String enhancedCode) {
        return code(code).compare() && nearest(enhancedCode).map(Enhanced::codes)
                .filter(agreeing -> !agreeing.isEmpty() && !agreeing.contains(code) && !ofClass(enhancedCode).contains(code)).isPresent();
    }

    private Set<String> ofClass(String enhancedCode) {
        Enhanced whole = enhanced.get(enhancedCode.substring(0, 1));
        return whole == null ? Set.of() : whole.codes();
    }

    private Code code(String code) {
        return codes.getOrDefault(code, codes.get(UNKNOWN));
    }

    /** The entry for this very code, else for its subject and detail in any class, else for its subject, else for its class. */
    private Optional<Enhanced> nearest(String enhancedCode) {
        Matcher parts = ENHANCED_CODE.matcher(enhancedCode);
        return !parts.matches() ? Optional.empty()
                : Stream.of(enhancedCode, "X" + enhancedCode.substring(1), "X." + parts.group(2), parts.group(1))
                        .filter(enhanced::containsKey).findFirst().map(enhanced::get);
    }

    private static <T> T in(String language, Map<String, T> texts) {
        T text = texts.get(language);
        if (text == null) {
            throw new IllegalArgumentException("There is no text in the language " + language);
        }
        return text;
    }
}
