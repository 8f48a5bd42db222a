package org.mailevents.alert;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.route.BrokenFile;

/**
 * What bounces mean, in plain words. It explains the vendor's bounce codes. It also explains the enhanced status codes in the replies of
 * receiving servers (RFC 3463, and the IANA registry "SMTP Enhanced Status Codes").
 */
final class Causes {

    /** The key that explains codes which the vendor adds later. */
    static final String UNKNOWN = "unknown";

    /**
     * One of the vendor's bounce codes.
     *
     * @param causes  by language
     * @param compare whether an enhanced code can contradict it
     */
    record Code(Map<String, Cause> causes, boolean compare) {
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
     * @param file the name of the file for messages
     * @param json the content of the file
     * @throws BrokenFile the first mistake, with its line
     */
    static Causes parse(String file, String json) throws BrokenFile {
        return new CausesReader(file, json).read();
    }

    /** The languages in which every entry has a text. */
    Set<String> languages() {
        return languages;
    }

    /** The first entry without a text in the language, such as {@code enhanced/X.1.1}; empty for each of the {@link #languages()}. */
    Optional<String> lacking(String language) {
        Stream<String> inCodes = codes.keySet().stream().filter(key -> !codes.get(key).causes().containsKey(language))
                .map("codes/"::concat);
        Stream<String> inEnhanced = enhanced.keySet().stream().filter(key -> !enhanced.get(key).texts().containsKey(language))
                .map("enhanced/"::concat);
        return Stream.concat(inCodes, inEnhanced).min(String::compareTo);
    }

    /**
     * @param code     the vendor's bounce code; any other text counts as an unknown code
     * @param language one of the {@link #languages()}
     */
    Cause cause(String code, String language) {
        return in(language, code(code).causes());
    }

    /**
     * @param enhancedCode such as {@code 5.1.1}, or empty
     * @param language     one of the {@link #languages()}
     * @return the most exact meaning that is known, or an empty text
     */
    String status(String enhancedCode, String language) {
        return nearest(enhancedCode).or(() -> wholeClass(enhancedCode)).map(status -> in(language, status.texts())).orElse("");
    }

    /**
     * Whether the vendor's code contradicts the enhanced code of the receiving server. A vendor's code that is listed at a whole class
     * agrees with every enhanced code of this class. For example, any temporary error can cause a retransmission timeout.
     */
    boolean disagree(String code, String enhancedCode) {
        return code(code).compare() && nearest(enhancedCode).filter(status -> !status.agrees(code)).isPresent()
                && !wholeClass(enhancedCode).map(Enhanced::codes).orElse(Set.of()).contains(code);
    }

    private Code code(String code) {
        return codes.getOrDefault(code, codes.get(UNKNOWN));
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
            throw new IllegalArgumentException("causes.json has no text in the language " + language);
        }
        return text;
    }
}
