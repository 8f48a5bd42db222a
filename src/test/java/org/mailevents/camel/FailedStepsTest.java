package org.mailevents.camel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.log.FailureLog;

/** The line of the step that failed is found, and nothing of the team runs a second time for it. */
class FailedStepsTest {

    /** Camel calls it as {@code ${bean:team}}. */
    public static final class Team {

        private final AtomicInteger calls = new AtomicInteger();

        /** Private, because the Camel CLI creates an object of every class that it can. */
        private Team() {
        }

        public boolean ask() {
            return calls.incrementAndGet() < 0;
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            simple | ${body} == 'x'           | simple | ${body.nothing} == 'x' | 0 | 11
            simple | ${bean:team} == true     | simple | ${body.nothing} == 'x' | 1 | 6
            method | team                     | simple | ${body.nothing} == 'x' | 1 | 6
            simple | ${body.nothing} == 'x'   | method | team                   | 0 | 8""")
    void aConditionThatAsksAnotherSystemIsNotEvaluatedAgain(String language1, String condition1, String language2, String condition2,
            int calls, int line) throws Exception {
        // Given
        Team team = new Team();
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            FailedSteps.use(context);
            context.getRegistry().bind("team", team);
            context.setSourceLocationEnabled(true);
            String route = """
                    - route:
                        id: one
                        from:
                          uri: direct:one
                          steps:
                            - choice:
                                when:
                                  - %s:
                                      %s: "%s"
                                    steps: [{log: first}]
                                  - %s:
                                      %s: "%s"
                                    steps: [{log: second}]
                    - routeConfiguration: {onException: [{onException: {exception: [java.lang.Exception], steps: [{log: failed}]}}]}
                    """.formatted(language1, key(language1), condition1, language2, key(language2), condition2);
            PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("file:routes/one.camel.yaml", route));
            context.start();

            // When
            Exchange exchange = context.createProducerTemplate().send("direct:one", one -> one.getMessage().setBody("text"));

            // Then
            assertThat(exchange.getException()).isNotNull();
            assertThat(exchange.getProperty(FailureLog.PLACE)).isEqualTo("routes/one.camel.yaml:" + line);
            assertThat(team.calls).hasValue(calls);
        }
    }

    private static String key(String language) {
        return language.equals("simple") ? "expression" : "ref";
    }
}
