package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mailevents.support.PromQl;
import org.mailevents.support.Scrape;

/** The health and the metrics that a monitoring system reads. */
public interface WatchCases extends Cases {

    @Test
    default void theDashboardAndTheAlertsAskForWhatThereIs() {
        Scrape scrape = Scrape.of(application());
        PromQl.panels().forEach(panel -> panel.assertAnswered(scrape));
        PromQl.alerts().forEach(alert -> alert.expression().assertAnswered(scrape));
    }

    @Test
    default void whetherItsTimersAreAliveIsPartOfItsHealth() {
        assertThat(application().observe("health/live").body()).contains("{\"name\":\"timers\",\"status\":\"UP\"}");
        assertThat(application().observe("health/ready").body()).doesNotContain("\"timers\"");
    }

    @Test
    default void itIsAliveAndReady() {
        for (String check : new String[]{"health", "health/live", "health/ready"}) {
            assertThat(application().observe(check).statusCode()).as(check).isEqualTo(200);
            assertThat(application().observe(check).body()).contains("\"status\":\"UP\"");
        }
    }
}
