package org.mailevents.database;

import java.lang.reflect.Constructor;
import java.lang.reflect.Type;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleListener;
import org.jdbi.v3.core.Handles;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.StatementCustomizer;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;

/**
 * Makes the {@link Jdbi} that this application's SQL uses on H2 and on PostgreSQL. An {@link Instant} is a timestamp with time zone, an
 * array of {@link UUID}s is an array of {@code uuid}. A row becomes a record that has no other constructor than its own, and whose
 * components are named like the columns ({@code mailId} is {@code mail_id}).
 */
public final class JdbiFactory {

    /** How long a statement of a caller may take. */
    private static final int MAX_SECONDS = 4;

    private JdbiFactory() {
    }

    /** @param dataSource where the connections come from; a failure to get one is a {@link org.jdbi.v3.core.ConnectionException} */
    public static Jdbi create(DataSource dataSource) {
        return configured(Jdbi.create(dataSource));
    }

    /** As {@link #create}, for what callers ask: each statement is cancelled after four seconds, as the queries of the API are. */
    public static Jdbi limited(DataSource dataSource) {
        Jdbi jdbi = create(dataSource);
        jdbi.getConfig(SqlStatements.class).setQueryTimeout(MAX_SECONDS);
        jdbi.getConfig(Handles.class).addListener(new HandleListener() {
            @Override
            public void handleCreated(Handle handle) {
                handle.addCleanable(() -> removeLimit(handle));
            }
        });
        return jdbi;
    }

    /** H2 keeps the limit for the connection, and not every user of the pool removes it. */
    private static void removeLimit(Handle handle) throws SQLException {
        try (Statement statement = handle.getConnection().createStatement()) {
            if (statement.getQueryTimeout() != 0) {
                statement.setQueryTimeout(0);
            }
        }
    }

    static Jdbi configured(Jdbi jdbi) {
        // jdbi itself binds a java.sql.Timestamp, which H2 takes for local time: an hour repeats when daylight saving time ends
        jdbi.registerArgument(new AbstractArgumentFactory<Instant>(Types.TIMESTAMP_WITH_TIMEZONE) {
            @Override
            protected Argument build(Instant value, ConfigRegistry config) {
                return (position, statement, context) -> statement.setObject(position, value.atOffset(ZoneOffset.UTC));
            }
        });
        jdbi.registerColumnMapper(Instant.class, JdbiFactory::instant);
        jdbi.registerArrayType(UUID.class, "uuid");
        jdbi.registerRowMapper(JdbiFactory::recordMapper);
        jdbi.getConfig(SqlStatements.class).addCustomizer(new NoInheritedTimeout());
        // jdbi's own message quotes the arguments of the statement, and no address belongs in a log
        jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
        return jdbi;
    }

    private static Optional<RowMapper<?>> recordMapper(Type type, ConfigRegistry config) {
        if (!(type instanceof Class<?> row) || !row.isRecord()) {
            return Optional.empty();
        }
        Constructor<?> constructor = row.getDeclaredConstructors()[0];
        // jdbi on its own calls the constructors of public records only
        constructor.setAccessible(true);
        return Optional.of(ConstructorMapper.of(constructor));
    }

    /**
     * H2 keeps a statement's query timeout for its session, and a query of the API before this statement may have set one. Only a timeout
     * that is set is removed, because H2 forgets the parsed statements of all sessions at each change, even if the value stays the same.
     */
    private static final class NoInheritedTimeout implements StatementCustomizer {

        @Override
        public void beforeExecution(PreparedStatement statement, StatementContext context) throws SQLException {
            boolean ownTimeout = context.getConfig(SqlStatements.class).getQueryTimeout() != null;
            if (!ownTimeout && statement.getQueryTimeout() != 0) {
                statement.setQueryTimeout(0);
            }
        }
    }

    private static Instant instant(ResultSet row, int column, StatementContext context) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
