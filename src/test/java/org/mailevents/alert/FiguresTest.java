package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.mailevents.database.JdbiFactory;

class FiguresTest {

    @Test
    void theLimitOfCountingEndsWithIt() throws SQLException {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl("jdbc:h2:mem:;MODE=PostgreSQL");
            pool.setMaximumPoolSize(1);
            Jdbi jdbi = JdbiFactory.create(pool);
            jdbi.useHandle(handle -> handle.execute("CREATE TABLE mail_event (event_type TEXT, status TEXT, cause TEXT,"
                    + " alert_state TEXT, audience TEXT, recipient TEXT, received_at TIMESTAMP WITH TIME ZONE)"));
            assertThat(BounceCounts.<Boolean>within(jdbi, counts -> counts.pending("list-owner", Instant.EPOCH, Instant.now()).isEmpty(),
                    false)).isTrue();
            try (Connection next = pool.getConnection(); Statement statement = next.createStatement()) {
                assertThat(statement.getQueryTimeout()).isZero();
            }
        }
    }
}
