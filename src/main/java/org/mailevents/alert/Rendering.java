package org.mailevents.alert;

import com.sun.management.ThreadMXBean;
import freemarker.core.Environment;
import freemarker.core.TemplateProcessingTracer;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fills the templates of one mail. FreeMarker sets a template no limit, so this happens in a thread of its own, which ends at the template's next
 * step once its time or its memory is used up. Nothing can end it within a step, as in {@code (1..)?filter(x -> false)?first}: then nobody waits for
 * the thread any longer, and it keeps a core busy until the process ends.
 */
final class Rendering implements TemplateProcessingTracer {

    /** Of CPU time: a mail takes some milliseconds, and with a list of 10,000 bounces a second. */
    private static final Duration LIMIT = Duration.ofSeconds(5);
    /** However little of it a busy machine gives. */
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration LAST_STEP = Duration.ofSeconds(1);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final long memory;
    private volatile TracedElement step;

    private Rendering(long memory) {
        this.memory = memory;
    }

    /** What fills templates. */
    interface Work<T> {
        T make(Rendering rendering) throws IOException, TemplateException;
    }

    /**
     * @param memory how many bytes may be allocated altogether, garbage included
     * @throws Endless where it takes too long or too much memory
     */
    static <T> T of(long memory, Work<T> work) throws IOException, TemplateException {
        Rendering rendering = new Rendering(memory);
        FutureTask<T> result = new FutureTask<>(() -> work.make(rendering));
        Thread thread = new Thread(result, "render-alert");
        thread.setDaemon(true);
        thread.start();
        try {
            return result(thread, result, rendering);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The application stops");
        } catch (ExecutionException e) {
            throw rendering.failure(e.getCause());
        } finally {
            thread.interrupt();
        }
    }

    private static <T> T result(Thread thread, FutureTask<T> result, Rendering rendering) throws ExecutionException, InterruptedException, IOException {
        long begun = System.nanoTime();
        while (THREADS.getThreadCpuTime(thread.getId()) < LIMIT.toNanos() && System.nanoTime() - begun < LONGEST.toNanos()) {
            try {
                return result.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // how much of the time it had is asked again
            }
        }
        thread.interrupt();
        try {
            return result.get(LAST_STEP.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException ended) {
            throw rendering.endless(false); // FreeMarker may have seen the interruption first
        } catch (TimeoutException stillRuns) {
            throw rendering.endless(true);
        }
    }

    /** Throws what the work threw. */
    private RuntimeException failure(Throwable thrown) throws IOException, TemplateException {
        if (thrown instanceof IOException failure) {
            throw failure;
        }
        if (thrown instanceof TemplateException failure) {
            throw failure;
        }
        if (thrown instanceof VirtualMachineError) {
            return endless(false); // it calls itself too deep, or makes too large a text
        }
        return thrown instanceof RuntimeException failure ? failure : new IllegalStateException(thrown);
    }

    private Endless endless(boolean stillRuns) throws IOException {
        if (step == null) {
            throw new IOException("The machine is too busy to fill a template");
        }
        return new Endless(step, stillRuns);
    }

    String fill(Configuration templates, String template, Map<String, Object> model) throws IOException, TemplateException {
        StringWriter text = new Bounded(template.endsWith(".csv.ftl") ? Bounded.MAX_CSV_LENGTH : Bounded.MAX_LENGTH);
        Environment environment = templates.getTemplate(template).createProcessingEnvironment(model, text);
        environment.setTemplateProcessingTracer(this);
        environment.process();
        return text.toString();
    }

    /** FreeMarker asks it before each step. */
    @Override
    public void enterElement(Environment environment, TracedElement next) {
        step = next;
        if (Thread.currentThread().isInterrupted() || THREADS.getCurrentThreadAllocatedBytes() > memory) {
            throw new Endless(next, false);
        }
    }

    @Override
    public void exitElement(Environment environment, TracedElement last) {
        // each step is judged when it begins
    }

    /** A template repeats or calls itself without end. */
    static final class Endless extends RuntimeException {

        private final transient TracedElement step;
        private final boolean stillRuns;

        Endless(TracedElement step, boolean stillRuns) {
            super("it goes on without end" + (stillRuns ? ", and keeps a core busy until the application is started again" : ""));
            this.step = step;
            this.stillRuns = stillRuns;
        }

        String template() {
            return step.getTemplate().getName();
        }

        int line() {
            return step.getBeginLine();
        }

        /** Whether its thread could not be ended. */
        boolean stillRuns() {
            return stillRuns;
        }
    }

    /** Ends before a template fills the heap. 50 listed bounces have some hundred thousand characters, a CSV of 10,000 some three million. */
    private final class Bounded extends StringWriter {

        private static final int MAX_LENGTH = 1_000_000;
        private static final int MAX_CSV_LENGTH = 20_000_000;
        private final int maxLength;

        Bounded(int maxLength) {
            this.maxLength = maxLength;
        }

        @Override
        public void write(String text) {
            super.write(text);
            check();
        }

        @Override
        public void write(char[] text, int from, int length) {
            super.write(text, from, length);
            check();
        }

        private void check() {
            if (getBuffer().length() > maxLength) {
                throw new Endless(step, false);
            }
        }
    }
}
