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
 * Makes an Error that a step throws the exception of its exchange, as an Exception is. Camel passes some Errors by the end of the route, and its executor
 * drops others: the exchange would then never end, its caller would get no answer, and whatever waits for it (a live edit, a stop) would wait in vain.
 */
public final class CaughtErrors implements InterceptStrategy, Ordered {

    /** Private, because the Camel CLI makes an object of every class that it can make one of, and need not of this. */
    private CaughtErrors() {
    }

    /** In all routes that are made from now on. */
    public static void use(CamelContext context) {
        context.getCamelContextExtension().addInterceptStrategy(new CaughtErrors());
    }

    /** Around all others. */
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
                } catch (Throwable error) { // an Exception is caught before
                    exchange.setException(error);
                    callback.done(true);
                    return true;
                }
            }
        };
    }
}
