package org.mailevents.route;

import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.NamedNode;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.FilterDefinition;
import org.apache.camel.model.OtherwiseDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.WhenDefinition;
import org.mailevents.camel.YamlPlace;

/**
 * Steps that run only under a condition.
 *
 * @param condition the condition as its file has it, or {@code otherwise}
 * @param line      the line of the branch in its file, from 1
 * @param steps     the steps of the branch, without the steps in them
 */
record Branch(String condition, int line, List<ProcessorDefinition<?>> steps) {

    /** The branches of a {@code choice} or {@code filter}. Every other step has none. */
    static List<Branch> of(NamedNode step) {
        if (step instanceof FilterDefinition filter) {
            return List.of(new Branch(filter.getExpression().getExpression(), YamlPlace.line(filter), filter.getOutputs()));
        }
        return step instanceof ChoiceDefinition choice
                ? Stream.concat(choice.getWhenClauses().stream().map(Branch::of), Stream.ofNullable(choice.getOtherwise()).map(Branch::of))
                        .toList()
                : List.of();
    }

    private static Branch of(WhenDefinition when) {
        return new Branch(when.getExpression().getExpression(), YamlPlace.line(when), when.getOutputs());
    }

    private static Branch of(OtherwiseDefinition otherwise) {
        return new Branch("otherwise", YamlPlace.line(otherwise), otherwise.getOutputs());
    }

    /** The innermost branch around a step, or null. For Camel, the parent of a step in a branch is the choice, and not the branch. */
    static Branch around(NamedNode step) {
        NamedNode inner = step;
        for (NamedNode outer = step.getParent(); outer != null; outer = outer.getParent()) {
            for (Branch branch : of(outer)) {
                if (branch.steps.contains(inner)) {
                    return branch;
                }
            }
            inner = outer;
        }
        return null;
    }
}
