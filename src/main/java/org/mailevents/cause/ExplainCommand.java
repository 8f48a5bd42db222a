package org.mailevents.cause;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The command {@code explain}: tells the cause of a reply, whether the address is dead, and the rule with its source. It needs the files of
 * the folder and no running application.
 */
public final class ExplainCommand {

    private static final String USAGE = "The command is explain \"reply\" [--to=address] [--code=number] [--command=RCPT] [--json],"
            + " or explain --json --file=replies.jsonl with one object of reply, to, code and command in each line.";
    private static final ObjectMapper JSON = new ObjectMapper();

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
     * @return the answer, which ends with a line break
     * @throws IllegalArgumentException if the arguments or the file cannot be used
     */
    public static String run(CauseRules rules, Callable<String> language, List<String> arguments) throws Exception {
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

    private String one() throws Exception {
        Explanation explanation = Explanation.of(rules, new Bounce(reply, to, code, command));
        return asJson ? JSON.writeValueAsString(explanation) + "\n" : explanation.text(rules.table(), language.call());
    }

    private String all() throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of(file));
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("The file " + file + " does not exist", e);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("Save the file " + file + " in UTF-8", e);
        }
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                Explanation explanation = Explanation.of(rules, bounce(lines.get(i), i + 1)).withoutTexts();
                answers.add(asJson ? JSON.writeValueAsString(explanation) : explanation.cause() + (explanation.dead() ? ", dead" : ""));
            }
        }
        return String.join("\n", answers) + "\n";
    }

    private Bounce bounce(String line, int number) {
        try {
            return bounce(JSON.readTree(line));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ":" + number + ": write one JSON object in each line, such as {\"reply\": \"550 …\","
                    + " \"to\": \"a@docomo.ne.jp\", \"code\": \"2\", \"command\": \"RCPT\"}", e);
        }
    }

    /**
     * Reads a bounce of a JSON object with the keys {@code reply}, {@code to}, {@code code} and {@code command}. Each key may be missing.
     *
     * @throws IllegalArgumentException if it is no object
     */
    public static Bounce bounce(JsonNode object) {
        if (!object.isObject()) {
            throw new IllegalArgumentException("Send a JSON object with reply, and if you know them to, code and command.");
        }
        return new Bounce(text(object, "reply"), text(object, "to"), text(object, "code"), text(object, "command"));
    }

    private static String text(JsonNode object, String key) {
        return object.hasNonNull(key) ? object.get(key).asText() : "";
    }
}
