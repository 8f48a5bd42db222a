package org.mailevents.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation as GitHub shows it.
 *
 * @param file   the path of the page
 * @param lines  the lines of the page outside of code blocks
 * @param blocks the code blocks of the page
 */
public record Markdown(Path file, List<String> lines, List<Block> blocks) {

    private static final Pattern HEADING = Pattern.compile("(#{1,6}) +(.*?)[ #]*");
    private static final Pattern LINK = Pattern.compile("]\\(<?([^)\\s>]+)>?(?: \"[^\"]*\")?\\)|(?:src|href)=\"([^\"]+)\"");

    /** A code block with the language that follows its fence. */
    public record Block(String language, String code) {
    }

    public static Markdown read(Path file) {
        List<String> lines = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        StringBuilder code = null;
        String language = "";
        try {
            for (String line : Files.readAllLines(file)) {
                if (code == null && line.startsWith("```")) {
                    language = line.substring(3).strip();
                    code = new StringBuilder();
                } else if (code != null && line.startsWith("```")) {
                    blocks.add(new Block(language, code.toString()));
                    code = null;
                } else if (code != null) {
                    code.append(line).append('\n');
                } else {
                    lines.add(line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (code != null) {
            throw new IllegalStateException(file + ": the last code block has no end");
        }
        return new Markdown(file, List.copyOf(lines), List.copyOf(blocks));
    }

    /** All pages in this folder and the folders below it. */
    public static List<Markdown> in(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".md")).sorted().map(Markdown::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The only code block of this language that has this text. */
    public String block(String language, String text) {
        List<Block> found = blocks.stream().filter(block -> block.language().equals(language) && block.code().contains(text)).toList();
        if (found.size() != 1) {
            throw new IllegalStateException(file + " has " + found.size() + " blocks of " + language + " with " + text + " instead of one");
        }
        return found.get(0).code();
    }

    /** The level of each heading, in the order of the page. The level of a title is 1. */
    public List<Integer> levels() {
        return headings().map(heading -> heading.group(1).length()).toList();
    }

    /** The targets of the links as written, except links to other sites. */
    public List<String> links() {
        return lines.stream().flatMap(line -> LINK.matcher(line).results())
                .map(link -> link.group(1) == null ? link.group(2) : link.group(1))
                .filter(link -> !link.matches("[a-z][a-z0-9+.-]*:.*")).toList();
    }

    /** The links that lead to no file, or to no heading of a page. */
    public List<String> brokenLinks() {
        List<String> broken = new ArrayList<>();
        for (String link : links()) {
            String[] parts = link.split("#", 2);
            Path target = parts[0].isEmpty() ? file : file.resolveSibling(URLDecoder.decode(parts[0], StandardCharsets.UTF_8)).normalize();
            if (!Files.exists(target)) {
                broken.add(file + ": " + link + " leads to no file");
            } else if (parts.length == 2 && !read(target).anchors().contains(URLDecoder.decode(parts[1], StandardCharsets.UTF_8))) {
                broken.add(file + ": " + link + " leads to no heading");
            }
        }
        return broken;
    }

    /**
     * The names by which GitHub links to the headings. A name is in lower case, without punctuation, with a hyphen for each space.
     * A heading that occurs a second time gets "-1".
     */
    public Set<String> anchors() {
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> times = new HashMap<>();
        headings().forEach(heading -> {
            String text = heading.group(2).replaceAll("!?\\[([^]]*)]\\([^)]*\\)", "$1");
            String anchor = text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc} -]", "").replace(' ', '-');
            int before = times.merge(anchor, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? anchor : anchor + "-" + before);
        });
        return anchors;
    }

    private Stream<Matcher> headings() {
        return lines.stream().map(HEADING::matcher).filter(Matcher::matches);
    }
}
