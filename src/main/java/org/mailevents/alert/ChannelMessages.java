package org.mailevents.alert;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.channel.WebhookSignature;

/** Makes the HTTP requests that tell channels about incidents. The route of a channel sends them. */
final class ChannelMessages {

    private final Channels channels;
    private final AlertTemplates templates;
    private final Clock clock;

    ChannelMessages(Channels channels, AlertTemplates templates, Clock clock) {
        this.channels = channels;
        this.templates = templates;
        this.clock = clock;
    }

    /**
     * Sets the body and the headers of a request. The whole URL is in a header: in an endpoint, Camel would decode and encode its query
     * again, and the signature of a workflow of Teams would not fit any more. The variable {@code channel} has the settings of the channel
     * for the audience.
     */
    void make(Exchange exchange, Delivery delivery) throws IOException {
        Channel channel = Channel.of(delivery.channel()).orElseThrow();
        Alert alert = (Alert) delivery.mailing();
        Map<String, String> settings = channels.settings(channel, alert.audience());
        byte[] body = templates.render(alert, channel, settings).getBytes(StandardCharsets.UTF_8);
        Message message = exchange.getMessage();
        message.setBody(body);
        message.setHeader(Exchange.HTTP_METHOD, "POST");
        message.setHeader(Exchange.HTTP_URI, settings.get("url"));
        message.setHeader(Exchange.CONTENT_TYPE, channel.contentType());
        if (settings.containsKey("secret")) {
            WebhookSignature.headers(delivery.id().toString(), clock.instant(), body, List.of(settings.get("secret").split("\\s*,\\s*")))
                    .forEach(message::setHeader);
        }
        exchange.setVariable("channel", settings);
    }
}
