package org.mailevents.rehearsal;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mailevents.event.SentElement;
import org.mailevents.rehearsal.RouteTest.Send;
import org.mailevents.rehearsal.RouteTest.Sends;
import org.mailevents.rehearsal.RouteTest.Word;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.YamlTree;

/**
 * Reads a {@code *.test.yaml}. Everything unknown in it is a mistake, because a misspelt key would make a test that proves nothing.
 * {@code test.schema.json} says the same to editors.
 */
public final class RouteTestReader {

    private static final List<String> TEST_KEYS = List.of("test", "bounce", "delivery", "webhook", "expect");
    private static final List<String> EXPECT_KEYS = List.of("cause", "kind", "audience", "sends");
    private static final List<String> SEND_KEYS = List.of("to", "contains");

    private final String file;
    private final String text;

    /**
     * @param file its path, for mistakes
     * @param text its content
     */
    public RouteTestReader(String file, String text) {
        this.file = file;
        this.text = text;
    }

    /** @throws BrokenFile the first mistake */
    public List<RouteTest> read() throws BrokenFile {
        List<RouteTest> tests = new ArrayList<>();
        for (YamlTree test : YamlTree.parse(file, text).list("the file")) {
            tests.add(test(test));
        }
        return tests;
    }

    private RouteTest test(YamlTree tree) throws BrokenFile {
        Map<String, YamlTree> test = tree.map("a test", TEST_KEYS);
        String name = required(tree, test, "test").text("test");
        List<String> inputs = List.of("bounce", "delivery", "webhook").stream().filter(test::containsKey).toList();
        if (inputs.size() != 1) {
            throw tree.broken("a test needs one of the keys bounce, delivery and webhook");
        }
        YamlTree input = test.get(inputs.get(0));
        String webhook = switch (inputs.get(0)) {
            case "bounce" -> webhook("bounces", input);
            case "delivery" -> webhook("deliveries", input);
            default -> input.json().toString();
        };
        YamlTree expect = required(tree, test, "expect");
        Map<String, YamlTree> expected = expect.map("expect", EXPECT_KEYS);
        if (expected.isEmpty()) {
            throw expect.broken("expect needs at least one of the keys " + String.join(", ", EXPECT_KEYS));
        }
        return new RouteTest(file, tree.line(), name, webhook, word(expected, "cause"), word(expected, "kind"), word(expected, "audience"),
                expected.containsKey("sends") ? sends(expected.get("sends")) : null);
    }

    /** A webhook that holds only this element. The values that the element lacks are the usual ones. */
    private static String webhook(String type, YamlTree input) throws BrokenFile {
        ObjectNode element = JsonNodeFactory.instance.objectNode();
        element.put("created", "2026-01-05 09:00:07").put("messageId", "<test@mail.example.com>").put("to", "recipient@example.jp");
        for (String key : List.of("returnPath", "from", "reason", "subject", "apiData")) {
            element.put(key, "");
        }
        for (Map.Entry<String, YamlTree> given : input.map("an event", SentElement.KEYS).entrySet()) {
            element.put(given.getKey(), given.getValue().text(given.getKey()));
        }
        ObjectNode webhook = JsonNodeFactory.instance.objectNode().put("event_type", type).put("server_composition", "test");
        webhook.putObject("event").putArray(type).add(element);
        return webhook.toString();
    }

    private static Word word(Map<String, YamlTree> expected, String key) throws BrokenFile {
        YamlTree word = expected.get(key);
        return word == null ? null : new Word(word.text(key + ", or none,"), word.line());
    }

    private static Sends sends(YamlTree tree) throws BrokenFile {
        List<Send> sends = new ArrayList<>();
        for (YamlTree each : tree.list("sends")) {
            Map<String, YamlTree> send = each.map("a message in sends", SEND_KEYS);
            YamlTree contains = send.get("contains");
            sends.add(new Send(required(each, send, "to").text("to"), contains == null ? null : contains.text("contains"), each.line()));
        }
        return new Sends(List.copyOf(sends), tree.line());
    }

    private static YamlTree required(YamlTree tree, Map<String, YamlTree> map, String key) throws BrokenFile {
        if (!map.containsKey(key)) {
            throw tree.broken("the key " + key + " is missing");
        }
        return map.get(key);
    }
}
