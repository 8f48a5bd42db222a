package org.mailevents.cause;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mailevents.event.Causes;

/** The rules and the table of causes as they are in {@code routes/}. */
public final class ShippedCauses {

    private static final Path TABLE = Path.of("routes/bounce-causes.json");
    private static final Path RULES = Path.of("routes/bounce-rules.json");

    private ShippedCauses() {
    }

    /** The causes of events, by the shipped rules. */
    public static Causes causes() {
        CauseRules rules = rules();
        return new DecidedCauses(() -> rules);
    }

    public static CauseRules rules() {
        try {
            CauseTable table = CauseTable.parse(TABLE.toString(), Files.readString(TABLE));
            return CauseRules.parse(RULES.toString(), Files.readString(RULES), table);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
