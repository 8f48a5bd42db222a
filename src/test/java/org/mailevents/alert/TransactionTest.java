package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TransactionTest {

    @Test
    void itsTimeoutEndsWithIt() throws SQLException {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl("jdbc:h2:mem:");
            pool.setMaximumPoolSize(1);
            try (Transaction transaction = new Transaction(pool, Duration.ofSeconds(3))) {
                transaction.exists("SELECT 1");
            }
            try (Connection next = pool.getConnection(); Statement statement = next.createStatement()) {
                assertThat(statement.getQueryTimeout()).isZero();
            }
        }
    }
}
