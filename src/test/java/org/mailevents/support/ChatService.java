package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.HttpReceiver.Request;

/**
 * What the services of the channels document of a request: its method, its headers, its fields and their limits. The sources are in the
 * comments of {@code routes/channels/}. A request that breaks a rule is answered 400 with the rule.
 */
public enum ChatService {

    LINE_WORKS(200, "{\"code\":200,\"description\":\"success\"}") {
        @Override
        void check(Request request) {
            require(request.path().startsWith("/message/"), "the path is /message/…");
            JsonNode json = json(request);
            fields(json, Set.of("title", "body", "button"));
            text(json.path("title"), 100);
            fields(json.path("body"), Set.of("text"));
            text(json.path("body").path("text"), 1000);
            if (json.has("button")) {
                fields(json.path("button"), Set.of("label", "url"));
                text(json.path("button").path("label"), 20);
                text(json.path("button").path("url"), 1000);
            }
        }
    },
    CHATWORK(200, "{\"message_id\":\"1234\"}") {
        @Override
        void check(Request request) {
            require(request.path().matches("/v2/rooms/\\d+/messages"), "the path is /v2/rooms/{room}/messages");
            require(request.headers().getFirst("X-ChatWorkToken") != null, "x-chatworktoken is missing");
            type(request, "application/x-www-form-urlencoded");
            String body = form(request).getOrDefault("body", "");
            require(!body.isEmpty() && body.length() <= 65_535, "body has 1 to 65535 characters");
            require(form(request).keySet().equals(Set.of("body", "self_unread")), "unknown parameter");
            require(form(request).get("self_unread").matches("[01]"), "self_unread is 0 or 1");
        }
    },
    SLACK(200, "ok") {
        @Override
        void check(Request request) {
            require(request.path().startsWith("/services/"), "no_service");
            JsonNode json = json(request);
            fields(json, Set.of("text", "blocks"));
            text(json.path("text"), 4000);
            require(json.path("blocks").size() <= 50, "invalid_blocks");
            for (JsonNode block : json.path("blocks")) {
                boolean header = block.path("type").asText().equals("header");
                require(header || block.path("type").asText().equals("section"), "invalid_blocks");
                String type = block.path("text").path("type").asText();
                require(type.equals("plain_text") || !header && type.equals("mrkdwn"), "invalid_blocks");
                text(block.path("text").path("text"), header ? 150 : 3000);
            }
        }
    },
    TEAMS(202, "") {
        @Override
        void check(Request request) {
            require(request.body().getBytes(StandardCharsets.UTF_8).length <= 28 * 1024, "Request Entity too large");
            require(TEAMS_QUERY.equals(request.query()), "wrong signature");
            JsonNode json = json(request);
            require(json.path("type").asText().equals("message"), "type is message");
            JsonNode attachment = json.path("attachments").path(0);
            require(attachment.path("contentType").asText().equals("application/vnd.microsoft.card.adaptive"), "contentType");
            JsonNode card = attachment.path("content");
            require(card.path("type").asText().equals("AdaptiveCard") && card.path("version").asText().matches("1\\.[0-5]"), "no card");
            require(card.path("body").size() > 0, "the card is empty");
            for (JsonNode element : card.path("body")) {
                require(element.path("type").asText().equals("RichTextBlock"), "unknown element");
                element.path("inlines").forEach(run -> text(run.path("text"), 5000));
            }
        }
    },
    PAGERDUTY(202, "{\"status\":\"success\",\"message\":\"Event processed\"}") {
        @Override
        void check(Request request) {
            require(request.path().equals("/v2/enqueue"), "the path is /v2/enqueue");
            require(request.body().length() <= 512_000, "payloads are limited to 512 KB");
            JsonNode json = json(request);
            text(json.path("routing_key"), 32);
            String action = json.path("event_action").asText();
            require(Set.of("trigger", "acknowledge", "resolve").contains(action), "event_action");
            text(json.path("dedup_key"), 255);
            if (action.equals("trigger")) {
                text(json.path("payload").path("summary"), 1024);
                text(json.path("payload").path("source"), 1000);
                require(json.path("payload").path("severity").asText().matches("critical|error|warning|info"), "severity");
                json.path("links").forEach(link -> text(link.path("href"), 1000));
            }
        }
    },
    WEBHOOK(204, "") {
        @Override
        void check(Request request) {
            JsonNode json = json(request);
            fields(json, Set.of("type", "timestamp", "data"));
            require(json.path("type").asText().matches("[a-zA-Z0-9_]+(\\.[a-zA-Z0-9_]+)*"), "type");
            require(request.body().getBytes(StandardCharsets.UTF_8).length <= 20_000, "smaller than 20 KB");
            require(request.headers().getFirst("webhook-timestamp").matches("\\d+"), "webhook-timestamp");
            require(request.headers().getFirst("webhook-signature").matches("v1,\\S+( v1,\\S+)*"), "webhook-signature");
            require(!request.headers().getFirst("webhook-id").contains("."), "webhook-id");
        }
    };

    /** The query of a URL as Teams makes it. Its signature must arrive as it is. */
    public static final String TEAMS_QUERY = "api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Ab%2Bd_-x%3D";

    private final int status;
    private final String success;

    ChatService(int status, String success) {
        this.status = status;
        this.success = success;
    }

    /** Throws an {@link IllegalArgumentException} with the first rule that a request breaks. */
    abstract void check(Request request);

    /** The answer of the service. */
    public Answer answer(Request request) {
        try {
            require(request.method().equals("POST"), "the method is POST");
            check(request);
            return new Answer(status, Map.of(), success);
        } catch (RuntimeException e) {
            return new Answer(400, Map.of(), e.getMessage());
        }
    }

    /** The parameters of a form. */
    public static Map<String, String> form(Request request) {
        return Arrays.stream(request.body().split("&")).map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
    }

    private static JsonNode json(Request request) {
        type(request, "application/json");
        JsonNode json = request.json();
        require(json.isObject(), "no object");
        return json;
    }

    private static void type(Request request, String type) {
        require(type.equals(String.valueOf(request.headers().getFirst("Content-Type")).replaceFirst(";.*", "")), "the type is " + type);
    }

    private static void fields(JsonNode json, Set<String> known) {
        for (Iterator<String> names = json.fieldNames(); names.hasNext();) {
            String name = names.next();
            require(known.contains(name), "unknown field " + name + ", known are " + List.copyOf(known));
        }
    }

    private static void text(JsonNode text, int most) {
        require(text.isTextual() && !text.asText().isBlank(), "a text is missing");
        require(text.asText().length() <= most, "a text has more than " + most + " characters");
    }

    private static void require(boolean rule, String text) {
        if (!rule) {
            throw new IllegalArgumentException(text);
        }
    }
}
