package org.mailevents.reconcile;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.apache.camel.CamelContext;
import org.mailevents.http.RunningApplication;

/** The command {@code reconcile}: has the running application compare one day with the vendor, and returns the result as text. */
public final class ReconcileCommand {

    private static final String DRY_RUN = "--dry-run";

    private ReconcileCommand() {
    }

    /**
     * Runs the command.
     *
     * @param context   a context with the settings of the running application
     * @param arguments the day, and perhaps {@code --dry-run}
     * @throws IllegalArgumentException if there are other arguments
     */
    public static String run(CamelContext context, List<String> arguments) throws InterruptedException {
        List<String> days = arguments.stream().filter(argument -> !argument.equals(DRY_RUN)).toList();
        if (days.size() != 1) {
            throw new IllegalArgumentException("The command is reconcile yyyy-mm-dd [--dry-run].");
        }
        ObjectNode request = JsonNodeFactory.instance.objectNode().put("day", days.get(0)).put("dryRun", arguments.contains(DRY_RUN));
        return new RunningApplication(context).post("/api/reconcile", request);
    }
}
