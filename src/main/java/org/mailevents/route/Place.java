package org.mailevents.route;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.mailevents.camel.YamlPlace;

/**
 * A step of a route.
 *
 * @param route      the id of its route
 * @param file       its YAML file, or null for a step in Java
 * @param line       its line in the file, from 1
 * @param step       the name of the step and what it does, as Camel labels it, for instance {@code setVariable[audience]}
 * @param branch     the condition of the innermost {@code when} or {@code filter} around the step, {@code otherwise}, or null if there is
 *                   none
 * @param branchLine the line of that branch, or 0
 */
public record Place(String route, String file, int line, String step, String branch, int branchLine) {

    /** A rehearsal asks for the same few steps with every event. */
    private static final Map<ProcessorDefinition<?>, Place> KNOWN = Collections.synchronizedMap(new WeakHashMap<>());

    /** The place of a step. Its file is null if the step is not from a file. */
    public static Place of(ProcessorDefinition<?> step) {
        return KNOWN.computeIfAbsent(step, Place::describe);
    }

    private static Place describe(ProcessorDefinition<?> step) {
        RouteDefinition route = ProcessorDefinitionHelper.getRoute(step);
        Branch branch = Branch.around(step);
        return new Place(route == null ? null : route.getRouteId(), RouteGraph.file(step), YamlPlace.line(step), step.getLabel(),
                branch == null ? null : branch.condition(), branch == null ? 0 : branch.line());
    }

    /** The file and the line, for instance {@code routes/route-bounces.camel.yaml:31}. */
    @Override
    public String toString() {
        return file == null ? "the Java code of " + route : file + ":" + line;
    }
}
