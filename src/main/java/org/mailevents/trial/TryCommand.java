package org.mailevents.trial;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.CamelContext;
import org.mailevents.http.RunningApplication;

/** The command {@code try}: asks the running application, because it has the database open, and returns its answer as text. */
public final class TryCommand {

    private static final String USAGE = "The command is try [--events=number] [--since=time] [--until=time] [--payload=file] [file…].";

    private TryCommand() {
    }

    /**
     * Runs the command.
     *
     * @param context   a context with the settings of the running application
     * @param arguments the options, and the files to try; without a file, the drafts in {@code routes/drafts} are tried
     */
    public static String run(CamelContext context, List<String> arguments) throws IOException, InterruptedException {
        return new RunningApplication(context).post("/api/try", request(arguments));
    }

    private static ObjectNode request(List<String> arguments) throws IOException {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            if (argument.matches("--events=[1-9]\\d{0,5}")) {
                request.put("events", Integer.parseInt(value));
            } else if (argument.matches("--(?:since|until)=.+")) {
                request.put(argument.substring(2, argument.indexOf('=')), value);
            } else if (argument.matches("--payload=.+")) {
                request.put("payload", text(value));
            } else if (argument.startsWith("-")) {
                throw new IllegalArgumentException("Unknown option: " + argument + ". " + USAGE);
            } else {
                request.withObjectProperty("files").put(argument.replace('\\', '/'), text(argument));
            }
        }
        return request;
    }

    private static String text(String file) throws IOException {
        try {
            return Files.readString(Path.of(file));
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("The file " + file + " does not exist", e);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("Save the file " + file + " in UTF-8", e);
        }
    }
}
