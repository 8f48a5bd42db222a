package org.mailevents.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * One thing that is not well with Mail Events itself. What there is to do about it depends on {@code what}; see {@code openapi.yaml}.
 *
 * @param what    a fixed word, such as {@code spool-waiting}
 * @param count   how many; null where that means nothing
 * @param since   since when, or null
 * @param where   a route with its file and line, or a channel; or null
 * @param details one line for each case, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Health(String what, Long count, Instant since, String where, List<String> details) {
}
