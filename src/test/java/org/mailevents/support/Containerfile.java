package org.mailevents.support;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A Containerfile: the instructions that make an image.
 *
 * @param instructions one instruction on each line, without comments
 */
public record Containerfile(List<String> instructions) {

    public static Containerfile read(Path file) throws IOException {
        return new Containerfile(Files.readAllLines(file).stream().filter(line -> !line.isBlank() && !line.startsWith("#")).toList());
    }

    /** The arguments of every instruction of this name. */
    public List<String> values(String instruction) {
        return instructions.stream().filter(line -> line.startsWith(instruction + " "))
                .map(line -> line.substring(instruction.length() + 1)).toList();
    }

    /** The argument of the only instruction of this name. */
    public String value(String instruction) {
        List<String> values = values(instruction);
        if (values.size() != 1) {
            throw new AssertionError(instruction + " is given " + values.size() + " times in place of once");
        }
        return values.get(0);
    }

    /** The command of the container, which must be a JSON list. */
    public List<String> entrypoint() throws IOException {
        return List.of(new ObjectMapper().readValue(value("ENTRYPOINT"), String[].class));
    }

    public Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        for (String value : values("ENV")) {
            String[] variable = value.split("=", 2);
            environment.put(variable[0], variable[1].replaceFirst("^\"(.*)\"$", "$1"));
        }
        return environment;
    }

    /** The copied files and folders, and the folder of the image that each goes to. */
    public Map<String, Path> copies() {
        Map<String, Path> copies = new HashMap<>();
        for (String value : values("COPY")) {
            List<String> words = new ArrayList<>(List.of(value.split(" ")));
            Path to = Path.of(value("WORKDIR")).resolve(words.remove(words.size() - 1)).normalize();
            // Of a folder, the contents are copied. A file is copied into the target folder.
            words.forEach(word -> copies.put(word, to.endsWith(word) ? to : to.resolve(word)));
        }
        return copies;
    }
}
