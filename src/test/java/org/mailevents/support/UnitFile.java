package org.mailevents.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A unit file of systemd.
 *
 * @param text the text of the file
 */
public record UnitFile(String text) {

    public static UnitFile read(Path file) throws IOException {
        return new UnitFile(Files.readString(file));
    }

    /** The same unit for another folder. */
    public UnitFile in(Path folder) {
        return new UnitFile(text.replace(value("WorkingDirectory"), folder.toString()));
    }

    /** The values of a setting, one for each of its lines. */
    public List<String> values(String setting) {
        return Pattern.compile("(?m)^" + setting + "=(.*)$").matcher(text).results().map(line -> line.group(1)).toList();
    }

    /** The value of a setting that has one line. */
    public String value(String setting) {
        List<String> values = values(setting);
        if (values.size() != 1) {
            throw new AssertionError(setting + " is given " + values.size() + " times in place of once");
        }
        return values.get(0);
    }

    /** The environment variables of the service, one on each line. */
    public Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        for (String line : values("Environment")) {
            String[] variable = line.replaceFirst("^\"(.*)\"$", "$1").split("=", 2);
            environment.put(variable[0], variable[1]);
        }
        return environment;
    }
}
