package org.mailevents.rehearsal;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.apache.camel.ErrorHandlerFactory;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RedeliveryPolicyDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;
import org.apache.camel.util.concurrent.CamelThreadFactory;
import org.mailevents.camel.CurrentDirect;
import org.mailevents.camel.RecordLanguage;
import org.mailevents.event.Causes;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;

/**
 * Runs events through route files in a second Camel context, and tells what would happen to them. Nothing is stored, mailed or sent: each
 * endpoint that leaves the process, and each step {@code bean} or {@code process} of a team, is replaced by one that only notes the message
 * ({@link RecordedEndpoint}). A bean that an expression, a {@code filter} or an aggregation names is called, because the routes cannot run
 * without its result.
 *
 * <p>It leans on Camel's public {@code EndpointStrategy} and {@code InterceptStrategy}. It is not safe for use by several threads at once.
 */
public final class Rehearsal implements AutoCloseable {

    /** A loop ends after 10,000 steps, so only a single step takes this long, or a machine that hardly moves. */
    private static final Duration LONGEST_RUN = Duration.ofSeconds(30);
    private static final String ENTRANCE = "direct:route-webhook";

    private final DefaultCamelContext context;
    private final ProducerTemplate template;
    private final Duration longestRun;
    private final Causes causes;
    /** The outcome of a webhook whose routes took too long, or null. */
    private RehearsalOutcome stuck;
    /** Starts no thread until it is used. */
    private final ExecutorService thread = Executors.newSingleThreadExecutor(new CamelThreadFactory("rehearsal", "rehearsal", true));

    /**
     * Makes the routes of the files ready to run.
     *
     * @param application the context whose settings and beans the routes use
     * @param files       the text of each file, by its path
     * @throws BrokenFile if the files do not load; the validation of the live edit finds more mistakes, and its texts are better
     */
    public Rehearsal(CamelContext application, Map<String, String> files) throws BrokenFile {
        this(application, files, mandatoryFindSingleByType(application, Causes.class));
    }

    /** @param causes decide the events of {@link #requireEveryEventPasses()} */
    public Rehearsal(CamelContext application, Map<String, String> files, Causes causes) throws BrokenFile {
        this(application, files, causes, LONGEST_RUN);
    }

    Rehearsal(CamelContext application, Map<String, String> files, Causes causes, Duration longestRun) throws BrokenFile {
        this.longestRun = longestRun;
        this.causes = causes;
        context = SecondContext.of(application, "rehearsal");
        try {
            RecordLanguage.use(context);
            CurrentDirect.use(context);
            context.setSourceLocationEnabled(true);
            RehearsalSteps.use(context);
            RouteFiles.load(context, files);
            context.removeRouteDefinitions(context.getRouteDefinitions().stream().filter(route -> !isCalled(route)).toList());
            neverRetry();
            RecordedEndpoint.replaceIn(context, directs());
            context.setAutoStartup(true);
            context.start();
            template = context.createProducerTemplate();
        } catch (BrokenFile e) {
            close();
            throw e;
        } catch (Exception | LinkageError e) {
            close();
            throw new BrokenFile(RouteFiles.reason(e));
        }
    }

    /** Tells what the routes do with a webhook that holds only this event. */
    public RehearsalOutcome run(MailEvent event) {
        return run(webhook(event));
    }

    private static Webhook webhook(MailEvent event) {
        return new Webhook(event.receivedAt(), 0, null, event.eventType(), List.of(event), List.of(), null);
    }

    /** Tells what the routes do with a webhook. */
    public RehearsalOutcome run(Webhook webhook) {
        Exchange exchange = exchange(webhook);
        return run(exchange, Recording.in(exchange, webhook));
    }

    private Exchange exchange(Webhook webhook) {
        Exchange exchange = context.getEndpoint(ENTRANCE).createExchange();
        exchange.getMessage().setBody(webhook);
        return exchange;
    }

    private RehearsalOutcome run(Exchange exchange, Recording recording) {
        Throwable end;
        try {
            template.send(ENTRANCE, exchange);
            end = exchange.getException();
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            end = e;
        }
        boolean stored = exchange.getMessage().getBody() instanceof Receipt;
        return recording.outcome(end != null || stored ? end : recording.notStored());
    }

    /**
     * Runs one event of each status, code and cause through the routes.
     *
     * @throws BrokenFile for the first event that fails, unless it fails on purpose, or because of what the rehearsal does not know: the
     *                    answer of another system, or a text that the sender of a mail decides
     */
    public static void requireEveryEventPasses(CamelContext application, Map<String, String> files) throws BrokenFile {
        try (Rehearsal rehearsal = new Rehearsal(application, files)) {
            rehearsal.requireEveryEventPasses();
        }
    }

    /** The same for a rehearsal that is ready to run. */
    public void requireEveryEventPasses() throws BrokenFile {
        for (Map.Entry<String, MailEvent> each : RehearsalEvents.all(causes).entrySet()) {
            MailEvent event = each.getValue();
            RehearsalOutcome outcome = runInTime(webhook(event));
            BrokenFile failure = outcome.failure();
            if (failure != null && !outcome.answerMissing() && !outcome.deliberate() && !dependsOnText(event, outcome)) {
                throw new BrokenFile(failure.file(), failure.line(), each.getKey() + " fails: " + failure.reason());
            }
        }
    }

    /**
     * Whether a step fails because of the made-up text of an event, for instance because it expects JSON in {@code apiData}. A misspelt
     * name, on the other hand, fails in the same way with every text. A text with which the step does not run says nothing.
     */
    private boolean dependsOnText(MailEvent event, RehearsalOutcome mistake) throws BrokenFile {
        if (mistake.failed() == null || mistake.failure().reason().equals(Recording.NOT_STORED)) {
            return false;
        }
        String reason = RehearsalEvents.withoutTexts(mistake.failure().reason(), event);
        BrokenFile again = runInTime(webhook(event)).failure();
        boolean steady = again != null && reason.equals(RehearsalEvents.withoutTexts(again.reason(), event));
        for (MailEvent other : RehearsalEvents.withOtherTexts(event)) {
            RehearsalOutcome outcome = runInTime(webhook(other));
            boolean passed = !mistake.failed().equals(outcome.failed());
            if (outcome.ran(mistake.failed())
                    && (passed || steady && !reason.equals(RehearsalEvents.withoutTexts(outcome.failure().reason(), other)))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Like {@link #run(Webhook)}, but gives up after some time. Then the thread of the rehearsal may be busy for ever. So the rehearsal
     * runs no more webhooks, and the outcome of each of them is the same.
     */
    RehearsalOutcome runInTime(Webhook webhook) throws BrokenFile {
        if (stuck != null) {
            return stuck;
        }
        Exchange exchange = exchange(webhook);
        Recording recording = Recording.in(exchange, webhook);
        try {
            return thread.submit(() -> run(exchange, recording)).get(longestRun.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            recording.end("an event takes longer than " + longestRun.toSeconds() + " s in the routes; look for a step that never ends");
            stuck = recording.outcome(null);
            return stuck;
        } catch (ExecutionException e) {
            throw new BrokenFile(RouteFiles.reason(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokenFile("Mail Events stops, so the routes were not tried");
        }
    }

    /** The routes that run in the rehearsal: those that other routes call. */
    public List<RouteDefinition> routes() {
        return context.getRouteDefinitions();
    }

    private static boolean isCalled(RouteDefinition route) {
        return route.getInput().getEndpointUri().matches("(?:direct|seda):.*");
    }

    private Set<String> directs() {
        Set<String> directs = new TreeSet<>();
        context.getRouteDefinitions().forEach(route -> directs.add(route.getInput().getEndpointUri().split("\\?", 2)[0]
                .replace("direct://", "direct:")));
        return directs;
    }

    /** A mistake does not go away within a rehearsal, and the rehearsal must not wait for it. */
    private void neverRetry() {
        neverRetry(context.getCamelContextExtension().getErrorHandlerFactory());
        for (RouteDefinition route : context.getRouteDefinitions()) {
            neverRetry(route.getErrorHandlerFactory());
            neverRetry(route.getOutputs());
        }
        for (RouteConfigurationDefinition configuration : context.getRouteConfigurationDefinitions()) {
            neverRetry(configuration.getErrorHandler() == null ? null : configuration.getErrorHandler().getErrorHandlerType());
            neverRetry(configuration.getOnExceptions());
        }
    }

    private static RedeliveryPolicyDefinition noRetry() {
        return new RedeliveryPolicyDefinition().maximumRedeliveries(0).logExhausted(false);
    }

    private static void neverRetry(ErrorHandlerFactory handler) {
        if (handler instanceof DefaultErrorHandlerDefinition definition) {
            definition.setRedeliveryPolicy(noRetry());
            definition.setRedeliveryPolicyRef(null);
            definition.setRetryWhileRef(null);
            definition.setRetryWhilePredicate(null);
        }
    }

    private static void neverRetry(List<? extends ProcessorDefinition<?>> steps) {
        for (ProcessorDefinition<?> step : steps) {
            if (step instanceof OnExceptionDefinition handler) {
                handler.setRedeliveryPolicyType(noRetry());
                handler.setRedeliveryPolicyRef(null);
                handler.setRetryWhile(null);
                handler.setRetryWhilePolicy(null);
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            context.close();
        } catch (IOException e) {
            throw new UncheckedIOException("The context of the rehearsal could not be closed", e);
        }
    }
}
