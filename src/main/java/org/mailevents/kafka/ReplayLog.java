package org.mailevents.kafka;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import org.apache.camel.builder.RouteBuilder;
import org.mailevents.settings.Settings;

/** Stores the webhooks of the log through the same routes as those that arrive. Without the log, nothing calls this route. */
public final class ReplayLog extends RouteBuilder {

    @Override
    public void configure() {
        // @formatter:off
        from("direct:replay-log").routeId("replay-log")
            .description("Stores webhooks that were read from the log, and leaves the receipt")
            .errorHandler(noErrorHandler())
            .to("direct:take-webhook");
        // @formatter:on

        KafkaSettings.of(new Settings(getContext())).ifPresent(kafka ->
                new LogReaders(getContext(), kafka, mandatoryFindSingleByType(getContext(), KafkaLog.class)).startWithContext());
    }
}
