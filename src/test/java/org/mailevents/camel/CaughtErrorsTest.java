package org.mailevents.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** An Error, for instance OutOfMemoryError, ends only one webhook. The webhook is answered, and its memory is released. */
class CaughtErrorsTest {

    @ParameterizedTest
    @ValueSource(strings = {"process", "loop", "enrich", "choice"})
    void anErrorInAnyStepEndsItsWebhookOnly(String step) {
        // Given: room for the body of a single webhook
        AtomicInteger errors = new AtomicInteger(2);
        Main main = Application.configured();
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void afterConfigure(BaseMainSupport configured) {
                configured.getCamelContext().getCamelContextExtension().addInterceptStrategy(failing(step, errors));
            }
        });
        TestDatabase database = TestDatabase.h2();
        ObjectNode delivery = Payload.delivery("queued");
        String webhook = Payload.json("deliveries", delivery);
        try (InProcess application = TestSettings.of(database).with("webhook.max-in-flight", "1 KB").startInProcess(main)) {

            // When
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = application.post(MailEvents.JSON, webhook);
                assertThat(answer.statusCode()).as(answer.body()).isIn(200, 503);
                if (answer.statusCode() == 503) {
                    assertThat(assertProblem(answer, 503)).doesNotContain("max-in-flight");
                }
            }

            // Then
            assertThat(errors).hasNonPositiveValue();
            await().until(() -> application.context().getInflightRepository().size("receive-webhook") == 0);
            assertThat(application.post(MailEvents.JSON, webhook).statusCode()).isEqualTo(200);
            await().until(() -> database.rows("SELECT message_id FROM mail_event").size() == 1);
            assertThat(database.row("SELECT message_id FROM mail_event")).containsValue(delivery.get("messageId").asText());
        }
    }

    /** Throws at a place where no processor of Camel catches an Error. */
    private static InterceptStrategy failing(String step, AtomicInteger errors) {
        return (context, definition, target, next) -> {
            String route = ProcessorDefinitionHelper.getRouteId(definition);
            if (!definition.getShortName().equals(step) || !("receive-webhook".equals(route) || "take-webhook".equals(route))) {
                return target;
            }
            return new DelegateAsyncProcessor(target) {
                @Override
                public boolean process(Exchange exchange, AsyncCallback callback) {
                    if (errors.getAndDecrement() > 0) {
                        throw new OutOfMemoryError("Java heap space, as a test has it");
                    }
                    return super.process(exchange, callback);
                }
            };
        };
    }
}
