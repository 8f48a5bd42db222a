package org.mailevents.alert;

import freemarker.cache.StringTemplateLoader;
import freemarker.cache.StrongCacheStorage;
import freemarker.core.ParseException;
import freemarker.core.TemplateClassResolver;
import freemarker.core._CoreAPI;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.mailevents.alert.MessageForm.BrokenMessage;
import org.mailevents.alert.Rendering.EndlessTemplate;
import org.mailevents.cause.CauseRules;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.live.FolderWatch;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.settings.Settings;

/**
 * Makes a {@link TemplateSet} of the files in {@code routes/templates/} and {@code routes/channels/}. Validates it with sample mails, and
 * with sample messages of the channels that are used, in every language that is set.
 */
final class TemplateValidation {

    private static final String MISSING = "the file is needed, but it does not exist";
    /**
     * How many bytes a sample mail may allocate. The original templates need a third of it. A real mail may have 10,000 bounces and need
     * more.
     */
    private static final long SAMPLE_MEMORY = 32_000_000;

    private final Settings settings;
    private final Channels channels;
    private final Path folder;

    TemplateValidation(Settings settings) {
        this.settings = settings;
        this.channels = new Channels(settings);
        this.folder = settings.routes().resolve("templates");
    }

    /** @throws IllegalArgumentException if the words of a language that is set do not exist */
    void requireWords(Set<String> files) {
        for (String setting : languageSettings()) {
            String words = wordsFile(settings.required(setting));
            if (!files.contains(words)) {
                throw new IllegalArgumentException("Set " + setting + " to a language that has a file of words. " + words
                        + " does not exist.");
            }
        }
    }

    String wordsFile(String language) {
        return path("words." + language + ".ftl");
    }

    private Set<String> languageSettings() {
        Set<String> keys = new TreeSet<>(settings.audiences("alert.language"));
        keys.add("alert.language");
        return keys;
    }

    /**
     * The first mistake of each file that cannot be read. Only if there is none, {@link #validated} can look for the others.
     *
     * @param files the texts of the files by path
     */
    List<BrokenFile> unreadable(Map<String, String> files) {
        List<BrokenFile> mistakes = new ArrayList<>();
        Configuration configuration = configuration(files);
        files.forEach((file, text) -> {
            try {
                FolderWatch.requireText(Map.of(file, text));
                orBroken(file, () -> configuration.getTemplate(Path.of(file).getFileName().toString()));
            } catch (BrokenFile e) {
                mistakes.add(e);
            }
        });
        return mistakes;
    }

    /**
     * @param files the texts of the files by path
     * @param rules asked for each mail, because an edit replaces them
     * @throws BrokenFile the first mistake
     */
    TemplateSet validated(Map<String, String> files, Supplier<CauseRules> rules) throws BrokenFile {
        FolderWatch.requireText(files);
        TemplateSet templates = new TemplateSet(settings, configuration(files), rules);
        for (String file : files.keySet()) {
            orBroken(file, () -> parse(templates, file));
        }
        Samples samples = new Samples(rules.get());
        for (String setting : languageSettings()) {
            String language = settings.required(setting);
            for (Mailing sample : samples.all()) {
                orBroken(folder.toString(), () -> renderSample(templates, sample, language));
            }
            for (Channel channel : channels.used()) {
                Map<String, String> sampleSettings = Channels.sampleSettings(channel);
                for (Alert sample : samples.ofChannels()) {
                    orBroken(path(channel.template()),
                            () -> templates.render(sample, channel, sampleSettings, language, SAMPLE_MEMORY));
                }
            }
        }
        return templates;
    }

    private static void parse(TemplateSet templates, String file) throws IOException {
        Template template = templates.templates().getTemplate(Path.of(file).getFileName().toString());
        // internal to FreeMarker: this gives a loop without a body a step, at which Rendering can stop the loop
        _CoreAPI.addThreadInterruptedChecks(template);
    }

    private void renderSample(TemplateSet templates, Mailing sample, String language) throws BrokenFile, IOException, TemplateException {
        MailWords words = templates.render(sample, language, Samples.answers(sample), SAMPLE_MEMORY);
        if (words.subject().isEmpty() || words.text().isBlank() || words.html() != null && words.html().isBlank()) {
            throw new BrokenFile(folder.toString(), 0, "a template makes an empty subject or an empty text");
        }
    }

    private static Configuration configuration(Map<String, String> files) {
        StringTemplateLoader texts = new StringTemplateLoader();
        files.forEach((file, text) -> texts.putTemplate(Path.of(file).getFileName().toString(), text));
        Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);
        configuration.setTemplateLoader(texts);
        // keeps each parsed template, because parse() adds the checks to it only once
        configuration.setCacheStorage(new StrongCacheStorage());
        configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        configuration.setLogTemplateExceptions(false);
        // a number looks the same on every machine
        configuration.setLocale(Locale.ROOT);
        configuration.setNumberFormat(",##0");
        configuration.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        return configuration;
    }

    private interface Step {
        void run() throws BrokenFile, IOException, TemplateException;
    }

    /** @param file that is named if the failure itself names none */
    private void orBroken(String file, Step step) throws BrokenFile {
        try {
            step.run();
        } catch (ParseException e) {
            throw new BrokenFile(path(e.getTemplateName()), e.getLineNumber(), e.getEditorMessage());
        } catch (TemplateNotFoundException e) {
            throw new BrokenFile(path(e.getTemplateName()), 0, MISSING);
        } catch (BrokenMessage e) {
            throw new BrokenFile(path(e.template()), 0, e.reason());
        } catch (TemplateException e) {
            throw new BrokenFile(path(e.getTemplateSourceName()), e.getLineNumber(), e.getMessageWithoutStackTop().split("----")[0]);
        } catch (IOException e) {
            throw new BrokenFile(file, 0, e.getMessage());
        } catch (EndlessTemplate e) {
            throw broken(e);
        }
    }

    BrokenFile broken(EndlessTemplate endless) {
        return new BrokenFile(path(endless.template()), endless.line(), endless.getMessage());
    }

    /** A name is used in one folder only, because a template is found by its name. */
    private String path(String file) {
        Path ofChannels = folder.resolveSibling(RouteFiles.CHANNELS).resolve(file);
        boolean isOfChannel = Files.exists(ofChannels) || Arrays.stream(Channel.values()).anyMatch(each -> each.template().equals(file));
        return (isOfChannel ? ofChannels : folder.resolve(file)).toString();
    }
}
