package org.mailevents.route;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A value in a YAML file that knows its line, so that a mistake can be named with its place. It uses the library of Camel's YAML DSL. */
public final class YamlTree {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String file;
    private final Node node;

    private YamlTree(String file, Node node) {
        this.file = file;
        this.node = node;
    }

    /** @throws BrokenFile if the text is not YAML */
    public static YamlTree parse(String file, String text) throws BrokenFile {
        try {
            Node root = new Compose(LoadSettings.builder().setLabel(file).build()).composeString(text)
                    .orElseThrow(() -> new BrokenFile(file, 0, "the file is empty"));
            return new YamlTree(file, root);
        } catch (MarkedYamlEngineException e) {
            throw new BrokenFile(file, e.getProblemMark().map(Mark::getLine).orElse(-1) + 1, e.getProblem());
        } catch (YamlEngineException e) {
            throw new BrokenFile(file, 0, e.getMessage());
        }
    }

    /** From 1. */
    public int line() {
        return node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
    }

    /** The mistake, with the file and line of this value. */
    public BrokenFile broken(String reason) {
        return new BrokenFile(file, line(), reason);
    }

    /** The elements of a list. */
    public List<YamlTree> list(String what) throws BrokenFile {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().stream().map(each -> new YamlTree(file, each)).toList();
        }
        throw broken(what + " must be a list: each element begins with \"- \"");
    }

    /** The keys and values of a mapping. */
    public Map<String, YamlTree> map(String what) throws BrokenFile {
        if (!(node instanceof MappingNode mapping)) {
            throw broken(what + " must have keys, such as \"key: value\"");
        }
        Map<String, YamlTree> map = new LinkedHashMap<>();
        for (NodeTuple entry : mapping.getValue()) {
            YamlTree key = new YamlTree(file, entry.getKeyNode());
            if (map.put(key.text("a key"), new YamlTree(file, entry.getValueNode())) != null) {
                throw key.broken("the key " + key.text("a key") + " stands here twice");
            }
        }
        return map;
    }

    /** The keys and values of a mapping that has no other keys than these. */
    public Map<String, YamlTree> map(String what, List<String> keys) throws BrokenFile {
        Map<String, YamlTree> map = map(what);
        for (NodeTuple entry : ((MappingNode) node).getValue()) {
            YamlTree key = new YamlTree(file, entry.getKeyNode());
            if (!keys.contains(key.text("a key"))) {
                throw key.broken("unknown key " + key.text("a key") + "; the keys of " + what + " are " + String.join(", ", keys));
            }
        }
        return map;
    }

    /** A text, a number or true or false, as it is written. */
    public String text(String what) throws BrokenFile {
        if (node instanceof ScalarNode scalar && scalar.getTag() != Tag.NULL) {
            return scalar.getValue();
        }
        throw broken(what + " must be a text");
    }

    /** The same value as JSON. An alias could contain itself, or stand for a text without end. */
    public JsonNode json() throws BrokenFile {
        if (node.getAnchor().isPresent()) {
            throw broken("an event cannot hold an anchor (&) or an alias (*); write the value out");
        }
        if (node instanceof MappingNode) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (Map.Entry<String, YamlTree> entry : map("this").entrySet()) {
                object.set(entry.getKey(), entry.getValue().json());
            }
            return object;
        }
        if (node instanceof SequenceNode) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            for (YamlTree each : list("this")) {
                array.add(each.json());
            }
            return array;
        }
        ScalarNode scalar = (ScalarNode) node;
        return scalar.getTag() == Tag.STR ? JsonNodeFactory.instance.textNode(scalar.getValue()) : json(scalar);
    }

    /** A value that YAML knows and JSON does not, such as {@code 010}, is a text. */
    private static JsonNode json(ScalarNode scalar) {
        if (scalar.getTag() == Tag.NULL) {
            return JsonNodeFactory.instance.nullNode();
        }
        try {
            return JSON.readTree(scalar.getValue());
        } catch (JsonProcessingException e) {
            return JsonNodeFactory.instance.textNode(scalar.getValue());
        }
    }
}
