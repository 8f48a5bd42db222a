package org.mailevents.alert;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Reads who has answered that the mails of an audience come too often. */
final class LessOften {

    private LessOften() {
    }

    /**
     * How often the recipients want a digest instead.
     *
     * @return {@link DigestPeriod#DAILY} or {@link DigestPeriod#WEEKLY}, by the recipient's address in lower case; the last answer counts
     */
    static Map<String, String> frequencies(Handle handle, String audience) {
        return handle.select("SELECT recipient, frequency FROM alert_answer WHERE what = 'less-often' AND audience = ?"
                + " AND undone_at IS NULL ORDER BY answered_at", audience).reduceRows(new HashMap<>(), (chosen, row) -> {
            chosen.put(row.getColumn("recipient", String.class).toLowerCase(Locale.ROOT), row.getColumn("frequency", String.class));
            return chosen;
        });
    }
}
