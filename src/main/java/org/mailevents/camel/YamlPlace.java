package org.mailevents.camel;

import org.apache.camel.LineNumberAware;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.WhenDefinition;

/**
 * Where a route or a step stands in its YAML file.
 *
 * <p>Camel's YAML loader gives a step the line before its first key. That is right for {@code - filter:}, but a branch of a {@code choice}
 * is an element of a list and begins one line later. The class leans on this, and on the location {@code file:….yaml}; see {@code
 * YamlDeserializerBase} of Camel 4.18.0. No ticket is known. {@link #line} can go once {@code getLineNumber} of a branch is its line.
 */
public final class YamlPlace {

    private YamlPlace() {
    }

    /** The YAML file of a route or a step, or null if it is written in Java. */
    public static String file(LineNumberAware node) {
        String location = at(node).getLocation();
        return location != null && location.startsWith("file:") && location.endsWith(".yaml") ? location.substring("file:".length()) : null;
    }

    /** The line of a route, a step or a branch in its file, from 1. */
    public static int line(LineNumberAware node) {
        return at(node).getLineNumber() + (node instanceof WhenDefinition ? 1 : 0);
    }

    /** Of a route, Camel knows the place of its {@code from}. */
    private static LineNumberAware at(LineNumberAware node) {
        return node instanceof RouteDefinition route ? route.getInput() : node;
    }
}
