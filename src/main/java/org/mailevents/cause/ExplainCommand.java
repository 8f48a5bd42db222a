package org.mailevents.cause;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mailevents.event.AskedAddress;
import org.mailevents.settings.Spelling;

/**
 * The command {@code explain}: tells the cause of a reply, whether the address is dead, and the rule with its source. It needs the files of
 * the folder and no running application.
 */
public final class ExplainCommand {

    private static final String USAGE = "The command is explain \"reply\" [--to=address] [--code=number] [--command=RCPT] [--json],"
            + " or explain --file=replies.jsonl [--json] with one object of reply, to, code and command in each line.";
    private static final String NO_OBJECT = "Send a JSON object, such as {\"reply\": \"550 5.1.1 User unknown\","
            + " \"to\": \"a@docomo.ne.jp\", \"code\": \"2\", \"command\": \"RCPT\"}. A file has one such object in each line.";
    private static final List<String> KEYS = List.of("reply", "to", "code", "command");
    private static final ObjectMapper JSON = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /**
     * What the command answers.
     *
     * @param text     the answer, which ends with a line break. It is empty if no line of the file can be read
     * @param mistakes what to change in the lines of the file that cannot be read
     */
    public record Answer(String text, List<String> mistakes) {
    }

    private final CauseRules rules;
    private final Callable<String> language;
    private String reply;
    private String to;
    private String code;
    private String command;
    private String file;
    private boolean asJson;

    private ExplainCommand(CauseRules rules, Callable<String> language) {
        this.rules = rules;
        this.language = language;
    }

    /**
     * Runs the command.
     *
     * @param language  the language of the text; not asked for JSON, which has all languages
     * @param arguments what follows {@code explain}. An option and its value are two arguments, or one with {@code =} between them
     * @throws IllegalArgumentException if the arguments or the file cannot be used
     */
    public static Answer run(CauseRules rules, Callable<String> language, List<String> arguments) throws Exception {
        ExplainCommand command = new ExplainCommand(rules, language);
        command.read(arguments);
        return command.file == null ? command.one() : command.all();
    }

    private void read(List<String> arguments) {
        Iterator<String> rest = arguments.iterator();
        while (rest.hasNext()) {
            String argument = rest.next();
            int equals = argument.indexOf('=');
            String option = equals < 0 ? argument : argument.substring(0, equals);
            if (argument.equals("--json")) {
                asJson = true;
            } else if (!argument.startsWith("--") && reply == null) {
                reply = argument;
            } else if (!List.of("--to", "--code", "--command", "--file").contains(option) || equals < 0 && !rest.hasNext()) {
                throw new IllegalArgumentException((argument.startsWith("--") ? "Unknown option, or an option without its value: "
                        : "Put the reply in quotes; this is not a part of it: ") + argument + ". " + USAGE);
            } else {
                set(option, equals < 0 ? rest.next() : argument.substring(equals + 1));
            }
        }
        if ((reply == null && code == null) == (file == null)) {
            throw new IllegalArgumentException(USAGE);
        }
    }

    private void set(String option, String value) {
        switch (option) {
            case "--to" -> to = value;
            case "--code" -> code = value;
            case "--command" -> command = value;
            default -> file = value;
        }
    }

    private Answer one() throws Exception {
        Explanation explanation = Explanation.of(rules, bounce(reply, to, code, command));
        String text = asJson ? JSON.writeValueAsString(explanation) + "\n" : explanation.text(rules.table(), language.call());
        return new Answer(text, List.of());
    }

    private Answer all() throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of(file));
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("The file " + file + " does not exist", e);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("Save the file " + file + " in UTF-8", e);
        }
        StringBuilder answers = new StringBuilder();
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                try {
                    answers.append(answer(i + 1, lines.get(i))).append('\n');
                } catch (IllegalArgumentException e) {
                    mistakes.add(file + ":" + (i + 1) + ": " + e.getMessage());
                }
            }
        }
        return new Answer(answers.toString(), mistakes);
    }

    private String answer(int number, String line) throws JsonProcessingException {
        Explanation explanation = Explanation.of(rules, bounce(line)).withoutTexts();
        return !asJson ? number + ": " + explanation.cause() + (explanation.dead() ? ", dead" : "")
                : JSON.writeValueAsString(JSON.createObjectNode().put("line", number).setAll(JSON.<ObjectNode>valueToTree(explanation)));
    }

    /**
     * Reads a bounce of the text of a JSON object with the keys {@code reply}, {@code to}, {@code code} and {@code command}. Each key may
     * be missing. Other keys are ignored. A code that is not in the table is an unknown code, as in a webhook.
     *
     * @throws IllegalArgumentException what to change, if it is no object, or if a key is misspelt
     */
    public static Bounce bounce(String json) {
        JsonNode object;
        try {
            object = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(NO_OBJECT, e);
        }
        if (!object.isObject()) {
            throw new IllegalArgumentException(NO_OBJECT);
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            requireSpelt(entry.getKey());
            if (KEYS.contains(entry.getKey()) && !entry.getValue().isValueNode()) {
                throw new IllegalArgumentException("The value of \"" + entry.getKey() + "\" must be a text.");
            }
        }
        return bounce(text(object, "reply"), text(object, "to"), text(object, "code"), text(object, "command"));
    }

    /** People paste an address here as they do in a search. The rules need its domain, or a living address may count as dead. */
    private static Bounce bounce(String reply, String to, String code, String command) {
        return new Bounce(reply, new AskedAddress().of(to), code, command);
    }

    /** A file may hold more of a bounce than is needed here, so only a key that is like a known one is a mistake. */
    private static void requireSpelt(String key) {
        if (!KEYS.contains(key)) {
            Spelling.similar(key, KEYS.stream()).ifPresent(known -> {
                throw new IllegalArgumentException("The key \"" + key + "\" is probably misspelt. Did you mean \"" + known + "\"?");
            });
        }
    }

    private static String text(JsonNode object, String key) {
        return object.hasNonNull(key) ? object.get(key).asText() : "";
    }
}
