package org.mailevents.camel;

import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Ordered;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Turns an Error that a step throws into the exception of its exchange, as Camel does with an Exception.
 *
 * <p>Why: in Camel 4.18.0, {@code CamelInternalProcessor} and {@code DefaultReactiveExecutor.Worker} catch Exception and not Error. An
 * Error leaves the route past them, or the executor drops it, and then the exchange never ends. Without this class, the caller of a webhook
 * gets no answer, and a live edit or a stop waits for the exchange until its time limit. The class leans on {@link InterceptStrategy},
 * which is public, and on its order: it must be the outermost interceptor of each step.
 *
 * <p>Camel's maintainers do not want Errors caught (review of apache/camel#17262, CAMEL-21769), so a change is unlikely. The class can go
 * if {@code CaughtErrorsTest} passes without it.
 */
public final class CaughtErrors implements InterceptStrategy, Ordered {

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private CaughtErrors() {
    }

    /** Applies to all routes that are created from now on. */
    public static void use(CamelContext context) {
        context.getCamelContextExtension().addInterceptStrategy(new CaughtErrors());
    }

    /** The outermost of all interceptors. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST;
    }

    @Override
    public Processor wrapProcessorInInterceptors(CamelContext context, NamedNode definition, Processor target, Processor next) {
        return new DelegateAsyncProcessor(target) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                try {
                    return super.process(exchange, callback);
                } catch (Throwable error) { // Camel has caught an Exception before
                    exchange.setException(error);
                    callback.done(true);
                    return true;
                }
            }
        };
    }
}
