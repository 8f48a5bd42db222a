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
 * Fills the templates of one mail. FreeMarker has no limit for a template, so this happens in a separate thread. When the time or the
 * memory is used up, the thread ends at the template's next step. Nothing can end the thread within a step, as in {@code (1..)?filter(x ->
 * false)?first}. Then nobody waits for the thread any longer, and it keeps a core busy until the process ends.
 */
final class Rendering implements TemplateProcessingTracer {

    /** CPU time. A mail takes some milliseconds, and a second if it lists 10,000 bounces. */
    private static final Duration MAX_CPU_TIME = Duration.ofSeconds(5);
    /** Elapsed time. A busy machine may give the thread little CPU time. */
    private static final Duration MAX_TIME = Duration.ofSeconds(30);
    private static final Duration LAST_STEP = Duration.ofSeconds(1);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final long memory;
    private volatile TracedElement step;

    private Rendering(long memory) {
        this.memory = memory;
    }

    /** Fills templates with {@link #fill}. */
    interface Work<T> {
        T make(Rendering rendering) throws IOException, TemplateException;
    }

    /**
     * @param memory how many bytes the work may allocate altogether, garbage included
     * @throws EndlessTemplate if a template needs too much time or memory
     */
    static <T> T run(long memory, Work<T> work) throws IOException, TemplateException {
        Rendering rendering = new Rendering(memory);
        FutureTask<T> result = new FutureTask<>(() -> work.make(rendering));
        Thread thread = new Thread(result, "render-alert");
        thread.setDaemon(true);
        thread.start();
        try {
            return result(thread, result, rendering);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The application is stopping");
        } catch (ExecutionException e) {
            throw rendering.failure(e.getCause());
        } finally {
            thread.interrupt();
        }
    }

    private static <T> T result(Thread thread, FutureTask<T> result, Rendering rendering)
            throws ExecutionException, InterruptedException, IOException {
        long begun = System.nanoTime();
        while (THREADS.getThreadCpuTime(thread.getId()) < MAX_CPU_TIME.toNanos() && System.nanoTime() - begun < MAX_TIME.toNanos()) {
            try {
                return result.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // the loop checks the CPU time again
            }
        }
        thread.interrupt();
        try {
            return result.get(LAST_STEP.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException ended) {
            throw rendering.endless(false); // whatever FreeMarker makes of the interruption
        } catch (TimeoutException stillRuns) {
            throw rendering.endless(true);
        }
    }

    /** @return what the caller throws, unless this method throws the work's own checked exception */
    private RuntimeException failure(Throwable thrown) throws IOException, TemplateException {
        if (thrown instanceof IOException failure) {
            throw failure;
        }
        if (thrown instanceof TemplateException failure) {
            throw failure;
        }
        if (thrown instanceof VirtualMachineError) {
            return endless(false); // the template calls itself too deep, or makes a text that is too large
        }
        return thrown instanceof RuntimeException failure ? failure : new IllegalStateException(thrown);
    }

    private EndlessTemplate endless(boolean stillRuns) throws IOException {
        if (step == null) {
            throw new IOException("The machine is too busy to fill a template");
        }
        return new EndlessTemplate(step, stillRuns);
    }

    String fill(Configuration templates, String template, Map<String, Object> model) throws IOException, TemplateException {
        StringWriter text = new LimitedWriter(template.endsWith(".csv.ftl") ? LimitedWriter.MAX_CSV_LENGTH : LimitedWriter.MAX_LENGTH);
        Environment environment = templates.getTemplate(template).createProcessingEnvironment(model, text);
        environment.setTemplateProcessingTracer(this);
        environment.process();
        return text.toString();
    }

    /** FreeMarker calls this before each step. */
    @Override
    public void enterElement(Environment environment, TracedElement next) {
        step = next;
        if (Thread.currentThread().isInterrupted() || THREADS.getCurrentThreadAllocatedBytes() > memory) {
            throw new EndlessTemplate(next, false);
        }
    }

    @Override
    public void exitElement(Environment environment, TracedElement last) {
        // the limits are checked when a step begins
    }

    /** A template repeats something or calls itself without end. */
    static final class EndlessTemplate extends RuntimeException {

        private final transient TracedElement step;
        private final boolean stillRuns;

        EndlessTemplate(TracedElement step, boolean stillRuns) {
            super("the template does not end" + (stillRuns ? ", and keeps a core busy until the application is restarted" : ""));
            this.step = step;
            this.stillRuns = stillRuns;
        }

        String template() {
            return step.getTemplate().getName();
        }

        int line() {
            return step.getBeginLine();
        }

        /** Whether the thread of the template could not be ended. */
        boolean stillRuns() {
            return stillRuns;
        }
    }

    /**
     * Ends a template before its text fills the heap. 50 listed bounces have some 100,000 characters. A CSV of 10,000 bounces has some
     * 3,000,000.
     */
    private final class LimitedWriter extends StringWriter {

        private static final int MAX_LENGTH = 1_000_000;
        private static final int MAX_CSV_LENGTH = 20_000_000;
        private final int maxLength;

        LimitedWriter(int maxLength) {
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
                throw new EndlessTemplate(step, false);
            }
        }
    }
}
