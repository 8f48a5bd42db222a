package org.mailevents.alert;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.Answers.Asked;
import org.mailevents.alert.Answers.Given;
import org.mailevents.alert.Answers.Place;
import org.mailevents.answer.Act;
import org.mailevents.answer.Link;
import org.mailevents.live.LiveCauses;
import org.mailevents.settings.Settings;

/** What the {@link AnswerPage} shows of an incident and of a recipient's answers, as texts. */
final class AnswerFacts {

    private static final int SHOWN_PLACES = 3;
    /** With the time zone. */
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm '('VV')'");

    private final Jdbi jdbi;
    private final Answers answers;
    private final LiveCauses causes;
    private final ZoneId zone;

    AnswerFacts(Settings settings, Jdbi jdbi, Answers answers, LiveCauses causes) {
        this.jdbi = jdbi;
        this.answers = answers;
        this.causes = causes;
        this.zone = settings.zone("webhook.time-zone");
    }

    /** @param link of a delivery that exists */
    Map<String, Object> of(Link link, String language) {
        return jdbi.withHandle(handle -> of(handle, link.act(),
                answers.asked(handle, link.act(), link.delivery()).orElseThrow(), language));
    }

    private Map<String, Object> of(Handle handle, Act act, Asked asked, String language) {
        List<Given> given = answers.given(handle, act, asked);
        List<Place> places = act == Act.LESS_OFTEN ? List.of() : answers.places(handle, asked);
        List<Place> left = places.stream().filter(place -> given.stream().noneMatch(place::isOf)).toList();
        String state = state(act, asked, given);
        boolean asks = state.equals("ask") || state.equals("given") && act == Act.MUTE && asked.closedAt() == null;
        Map<String, Object> facts = new HashMap<>();
        facts.put("act", act.toString());
        facts.put("state", state);
        facts.put("asked", asked(asked, act == Act.ACKNOWLEDGE && asked.closedAt() == null
                && answers.tellsOthers(handle, asked, given.isEmpty() ? null : given.get(0).answeredAt())));
        facts.put("version", answers.version(handle, act, asked));
        facts.put("given", given.stream().map(one -> given(one, language)).toList());
        facts.put("asks", asks && (act != Act.MUTE || !left.isEmpty()));
        facts.put(act == Act.MUTE ? "pairs" : "places", (act == Act.MUTE ? left.stream() : places.stream().limit(SHOWN_PLACES))
                .map(place -> place(place, language)).toList());
        return facts;
    }

    private static String state(Act act, Asked asked, List<Given> given) {
        if (act == Act.ACKNOWLEDGE && asked.closedAt() != null) {
            return "over"; // nobody takes care of it any more, even if the answer was never undone
        }
        if (!given.isEmpty()) {
            return "given";
        }
        if (act == Act.LESS_OFTEN) {
            return "ask";
        }
        if (asked.closedAt() != null) {
            return "over";
        }
        return act == Act.ACKNOWLEDGE && asked.acknowledgedAt() != null ? "taken" : "ask";
    }

    private Map<String, Object> asked(Asked asked, boolean others) {
        Map<String, Object> facts = new HashMap<>(Map.of("audience", asked.audience(), "recipient", asked.recipient(), "others", others));
        if (asked.incidentId() != null) {
            facts.putAll(Map.of("incident", asked.incidentId().toString().substring(0, 8), "openedAt", time(asked.openedAt()),
                    "bounces", String.format("%,d", asked.bounces())));
        }
        if (asked.acknowledgedAt() != null) {
            facts.putAll(Map.of("by", asked.acknowledgedBy(), "byAt", time(asked.acknowledgedAt())));
        }
        return facts;
    }

    private Map<String, Object> place(Place place, String language) {
        return Map.of("value", place.id(), "cause", causes.rules().table().texts(place.cause(), language).name(), "destination",
                place.domain(), "count", String.format("%,d", place.count()));
    }

    private Map<String, Object> given(Given given, String language) {
        Map<String, Object> facts = new HashMap<>(Map.of("id", given.answerId().toString(), "at", time(given.answeredAt())));
        facts.put("cause", given.cause() == null ? null : causes.rules().table().texts(given.cause(), language).name());
        facts.put("destination", given.domain());
        facts.put("until", given.untilTime() == null ? null : time(given.untilTime()));
        facts.put("frequency", given.frequency());
        return facts;
    }

    private String time(Instant instant) {
        return TIME.format(instant.atZone(zone));
    }
}
