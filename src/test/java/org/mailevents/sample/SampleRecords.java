package org.mailevents.sample;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.mailevents.support.VendorServer;

/** The events of the sample as the vendor keeps them. */
public final class SampleRecords {

    /** The server composition that the webhooks of the sample name. */
    public static final String COMPOSITION = "pro";

    private static final ObjectMapper JSON = new ObjectMapper();

    private SampleRecords() {
    }

    /** All events of sample days that end at these times. */
    public static List<VendorServer.Fact> of(ZonedDateTime... ends) {
        return Stream.of(ends).flatMap(end -> new SampleDay(end).events().stream())
                .map(event -> new VendorServer.Fact(event.eventType(), (ObjectNode) JSON.valueToTree(event.element()))).toList();
    }
}
