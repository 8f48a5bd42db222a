package org.mailevents.alert;

import freemarker.cache.ClassTemplateLoader;
import freemarker.cache.FileTemplateLoader;
import freemarker.cache.MultiTemplateLoader;
import freemarker.cache.TemplateLoader;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the page on which a recipient answers an alert. FreeMarker escapes every value of the page, because events and settings hold texts
 * of strangers. Nobody edits its templates, unlike those in {@code routes/templates}: a mistake would lose answers.
 */
final class AnswerPage {

    private static final String NAME = "answer.ftlh";
    private static final String OTHERWISE = "en";
    /** {@code camel run} has no resources on its class path, because it only compiles src/main/java. */
    private static final File SOURCES = new File("src/main/resources/console");

    private final Configuration templates = new Configuration(Configuration.VERSION_2_3_34);
    private final String style;
    private final String policy;

    private AnswerPage(TemplateLoader loader) {
        try {
            templates.setTemplateLoader(loader);
            templates.setDefaultEncoding(StandardCharsets.UTF_8.name());
            templates.setTemplateUpdateDelayMilliseconds(Long.MAX_VALUE);
            templates.setLocalizedLookup(false);
            templates.setLogTemplateExceptions(false); // the route logs them, without addresses
            style = text(loader, "answer.css");
            policy = "default-src 'none'; style-src 'sha256-" + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256")
                    .digest(style.getBytes(StandardCharsets.UTF_8)))
                    + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** @throws UncheckedIOException if a file is missing */
    static AnswerPage load() {
        try {
            List<TemplateLoader> loaders = new ArrayList<>(List.of(new ClassTemplateLoader(AnswerPage.class, "/console")));
            if (SOURCES.isDirectory()) {
                loaders.add(new FileTemplateLoader(SOURCES));
            }
            return new AnswerPage(new MultiTemplateLoader(loaders.toArray(TemplateLoader[]::new)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(TemplateLoader loader, String name) throws IOException {
        StringWriter text = new StringWriter();
        try (Reader reader = loader.getReader(loader.findTemplateSource(name), StandardCharsets.UTF_8.name())) {
            reader.transferTo(text);
        }
        return text.toString();
    }

    /** What the page may load (Content Security Policy Level 3): its own style, and nothing else. */
    String policy() {
        return policy;
    }

    /**
     * @param language one that has no texts of this page becomes English
     * @param facts    what the templates show, except for the language and the style
     */
    String html(String language, Map<String, Object> facts) throws IOException {
        Map<String, Object> model = new HashMap<>(Map.of("act", "", "told", "", "given", List.of(), "asks", false, "pairs", List.of(),
                "places", List.of(), "token", "", "version", ""));
        model.putAll(facts);
        model.putAll(Map.of("language", language.equals("ja") ? language : OTHERWISE, "style", style));
        StringWriter html = new StringWriter();
        try {
            templates.getTemplate(NAME).process(model, html);
        } catch (TemplateException e) {
            throw new IllegalStateException("The page of an answer could not be made", e);
        }
        return html.toString();
    }
}
