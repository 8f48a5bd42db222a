package org.mailevents.route;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * The YAML route files that run together. Each stored event names the revision that decided it, so that the decision can be explained
 * later.
 *
 * @param id    names these files: the same names and texts have the same id in every process and every folder
 * @param files the text of each file, by its name without a folder
 */
public record RouteRevision(String id, Map<String, String> files) {

    /** Twelve hexadecimal digits, as in a short commit id. Even a million revisions would hardly contain two with the same id. */
    private static final int ID_BYTES = 6;

    /** @param files the text of each file, by its path */
    public static RouteRevision of(Map<String, String> files) {
        Map<String, String> byName = new TreeMap<>();
        files.forEach((path, text) -> byName.put(Path.of(path).getFileName().toString(), text));
        return new RouteRevision(id(byName), Map.copyOf(byName));
    }

    private static String id(Map<String, String> files) {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            files.forEach((name, text) -> {
                // neither a name nor a text of YAML holds a NUL, so no two sets of files give the same bytes
                hash.update((name + "\0" + text + "\0").getBytes(StandardCharsets.UTF_8));
            });
            return HexFormat.of().formatHex(hash.digest(), 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
