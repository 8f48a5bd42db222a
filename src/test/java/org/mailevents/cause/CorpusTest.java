package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Measures the rules with replies that providers publish, each with its source. A fixed hash has put three of ten replies into
 * {@code replies-held-out.jsonl}. Nobody looks at those while writing rules: a rule that is written for a reply says nothing about
 * replies that nobody has seen. Precision counts most, because a shop stops writing to an address that is called dead.
 */
class CorpusTest {

    private static final Path FOLDER = Path.of("src/test/resources/causes");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final CauseRules RULES = ShippedCauses.rules();

    /** A reply of the corpus and what the rules conclude of it. */
    private record Judged(JsonNode expected, Verdict verdict) {

        boolean isRight() {
            return verdict.cause().equals(expected.get("cause").textValue());
        }

        boolean isFalselyDead() {
            return verdict.dead() && !expected.get("dead").booleanValue();
        }

        boolean missesDeath() {
            return !verdict.dead() && expected.get("dead").booleanValue();
        }

        boolean isJapanese() {
            return expected.get("to").textValue().endsWith(".jp") || expected.get("reply").textValue().matches("(?s).*[\u3040-\u30FF].*");
        }

        String domain() {
            return CauseRules.domain(expected.get("to").textValue());
        }

        /** Whether the hash of the address and the reply, as a number in the decimal system, ends in 0, 1 or 2. */
        boolean isHeldOut(MessageDigest hash) {
            String text = expected.get("to").textValue() + "\n" + expected.get("reply").textValue();
            return new BigInteger(1, hash.digest(text.getBytes(StandardCharsets.UTF_8))).mod(BigInteger.TEN).intValue() < 3;
        }

        @Override
        public String toString() {
            return expected.get("to").textValue() + " [" + expected.get("code").textValue() + "] " + expected.get("reply").textValue()
                    + "\n     is " + expected.get("cause").textValue() + (expected.get("dead").booleanValue() ? ", dead" : "") + ", not "
                    + verdict.cause() + (verdict.dead() ? ", dead" : "") + ", as rule "
                    + (verdict.rule() == null ? "-" : verdict.rule().number() + " says");
        }
    }

    @Test
    void nearlyAllKnownRepliesGetTheirCause() {
        List<Judged> replies = judged("replies.jsonl");

        assertThat(share(replies, Judged::isRight)).as("%s", wrong(replies)).isGreaterThanOrEqualTo(0.97);
        assertThat(replies.stream().filter(Judged::isFalselyDead)).as("called dead although alive").isEmpty();
    }

    /** The figure that counts. The failure names no reply, so that nobody writes a rule for one. */
    @Test
    void soDoRepliesThatNobodyLookedAt() {
        List<Judged> replies = judged("replies-held-out.jsonl");
        List<Judged> japanese = replies.stream().filter(Judged::isJapanese).toList();

        assertThat(share(replies, Judged::isRight)).isGreaterThanOrEqualTo(0.9);
        assertThat(share(japanese, Judged::isRight)).isGreaterThanOrEqualTo(0.9);
        assertThat(replies.stream().filter(Judged::isFalselyDead).count()).as("called dead although alive").isZero();
    }

    @Test
    void theCorpusIsLargeAndTheHashHasSplitIt() throws NoSuchAlgorithmException {
        List<Judged> known = judged("replies.jsonl");
        List<Judged> heldOut = judged("replies-held-out.jsonl");

        assertThat(known.size() + heldOut.size()).isGreaterThanOrEqualTo(300);
        assertThat(Stream.concat(known.stream(), heldOut.stream()).map(Judged::domain).distinct()).hasSizeGreaterThanOrEqualTo(40);
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        assertThat(heldOut).allMatch(reply -> reply.isHeldOut(hash));
        assertThat(known).noneMatch(reply -> reply.isHeldOut(hash));
        assertThat(Stream.concat(known.stream(), heldOut.stream())).allMatch(reply -> reply.expected().path("source").asText()
                .startsWith("http"));
    }

    private static String wrong(List<Judged> replies) {
        return replies.stream().filter(reply -> !reply.isRight() || reply.isFalselyDead() || reply.missesDeath()).map(Judged::toString)
                .collect(Collectors.joining("\n"));
    }

    private static double share(List<Judged> replies, Predicate<Judged> which) {
        return (double) replies.stream().filter(which).count() / replies.size();
    }

    private static List<Judged> judged(String file) {
        try (Stream<String> lines = Files.lines(FOLDER.resolve(file))) {
            return lines.map(CorpusTest::judge).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Judged judge(String line) {
        try {
            JsonNode reply = JSON.readTree(line);
            return new Judged(reply, RULES.decide(new Bounce(reply.path("reply").asText(), reply.path("to").asText(),
                    reply.path("code").asText(), reply.path("command").asText())));
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }
}
