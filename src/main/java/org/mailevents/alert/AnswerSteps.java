package org.mailevents.alert;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.Answers.Asked;
import org.mailevents.alert.Answers.Choice;
import org.mailevents.answer.Act;
import org.mailevents.answer.Link;
import org.mailevents.answer.RateLimit;
import org.mailevents.answer.SignedLinks;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.WebhookBody;
import org.mailevents.live.LiveCauses;
import org.mailevents.log.FailureText;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The page on which a recipient answers an alert. It needs no sign-in, because a signed link names the recipient. GET shows what will
 * happen, and only POST acts: programs that look for harmful links open every link of a mail. Without {@code console.url}, no mail has such
 * a link, and the page does not exist.
 */
public final class AnswerSteps extends RouteBuilder {

    private static final String ID = "take-answer";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    /** How many requests without a valid link a caller may send in a minute. Many recipients may share the address of a proxy. */
    private static final int MOST_OF_CALLER = 300;
    /** How many requests may be sent with one link in a minute. */
    private static final int MOST_OF_LINK = 30;
    /** The header with the address of the caller. */
    private static final String CALLER = "CamelHttpCaller";
    /** How many requests may run at a time, because each needs a thread and a database connection, and so do webhooks. */
    private static final int MOST_AT_A_TIME = 4;
    private static final Map<String, Duration> PERIODS = Map.of("day", Duration.ofDays(1), "week", Duration.ofDays(7));

    private final AnswerPage page = AnswerPage.load();
    private final Semaphore free = new Semaphore(MOST_AT_A_TIME);
    private Settings settings;
    private Jdbi jdbi;
    private SignedLinks links;
    private RateLimit callers;
    private RateLimit tokens;

    @Override
    public void configure() {
        settings = new Settings(getContext());
        Clock clock = TimeSource.of(getContext());
        jdbi = JdbiFactory.limited(mandatoryFindSingleByType(getContext(), Database.class));
        Optional<SignedLinks> signed = SignedLinks.of(settings, jdbi, clock);
        if (signed.isEmpty()) {
            return;
        }
        links = signed.get();
        callers = new RateLimit(MOST_OF_CALLER, clock);
        tokens = new RateLimit(MOST_OF_LINK, clock);

        // @formatter:off
        from("platform-http:" + SignedLinks.PATH + "?httpMethodRestrict=GET,HEAD,POST&useBodyHandler=false").routeId(ID)
            .description("The page on which the recipient of an alert answers, without a sign-in")
            // This name keeps the global configuration on-error away from this route.
            .routeConfigurationId("none")
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::answerFailure).end()
            .process(this::take);
        // @formatter:on
    }

    private void take(Exchange exchange) throws Exception {
        if (free.tryAcquire()) {
            try {
                takeOne(exchange);
            } finally {
                free.release();
            }
        } else {
            exchange.getMessage().removeHeaders("*");
            exchange.getMessage().setHeader("Retry-After", RateLimit.WINDOW.toSeconds());
            show(exchange, 503, language(""), Map.of("state", "busy"));
        }
    }

    private void takeOne(Exchange exchange) throws Exception {
        boolean posts = "POST".equals(exchange.getMessage().getHeader(Exchange.HTTP_METHOD));
        String body = posts ? text(exchange.getMessage().getBody(WebhookBody.class)) : "";
        AnswerForm query = AnswerForm.of(exchange.getMessage().getHeader(Exchange.HTTP_QUERY, String.class));
        boolean oneClick = AnswerForm.isOneClick(body);
        AnswerForm form = posts && !oneClick ? AnswerForm.of(body) : query;
        String token = form.get("token");
        Optional<Link> signed = links.read(token);
        // Whoever sends invalid links must not lock out recipients whose requests come through the same proxy.
        boolean busy = signed.isPresent() ? tokens.exceeded(token)
                : callers.exceeded(exchange.getMessage().getHeader(CALLER, "", String.class));
        Optional<Link> link = signed.filter(read -> !oneClick || read.act() == Act.LESS_OFTEN);
        exchange.getMessage().removeHeaders("*");
        Optional<Asked> asked = busy ? Optional.empty() : link.flatMap(this::asked);
        if (busy) {
            exchange.getMessage().setHeader("Retry-After", RateLimit.WINDOW.toSeconds());
            show(exchange, 429, language(""), Map.of("state", "busy"));
        } else if (asked.isEmpty()) {
            show(exchange, 404, language(""), Map.of("state", "invalid"));
        } else {
            Act act = link.get().act();
            String told = posts ? act(act, asked.get(), form, oneClick) : "";
            String language = language(asked.get().audience());
            Map<String, Object> shown = new AnswerFacts(settings, jdbi, answers(), LiveCauses.in(getContext())).of(link.get(), language);
            boolean untold = told.equals("again") && !shown.get("state").equals("ask");
            shown.putAll(Map.of("token", token, "told", untold ? "" : told));
            show(exchange, 200, language, shown);
        }
    }

    /** {@link AlertSteps} binds it, and may be configured after this class. */
    private Answers answers() {
        return mandatoryFindSingleByType(getContext(), Answers.class);
    }

    private Optional<Asked> asked(Link link) {
        return jdbi.withHandle(handle -> answers().asked(handle, link.act(), link.delivery()));
    }

    private static String text(WebhookBody body) throws IOException {
        return new String(body.open().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** @return what has happened: {@code done}, {@code undone}, {@code again} if the form was sent before, or nothing */
    private String act(Act act, Asked asked, AnswerForm form, boolean oneClick) {
        if (form.fields().containsKey("undo")) {
            boolean undone = form.undo().isPresent()
                    && jdbi.inTransaction(handle -> answers().undo(handle, act, asked, form.undo().get()));
            log(undone, asked, act + " undone");
            return undone ? "undone" : "";
        }
        Optional<Choice> choice = jdbi.withHandle(handle -> oneClick
                ? Optional.of(new Choice(answers().version(handle, act, asked), null, null, "daily")) : choice(handle, act, asked, form));
        boolean done = choice.isPresent() && jdbi.inTransaction(handle -> answers().answer(handle, act, asked, choice.get()));
        log(done, asked, act.toString());
        return done ? "done" : "again";
    }

    /** An address is personal data, and a link is a secret, so the log has neither. */
    private static void log(boolean changed, Asked asked, String what) {
        if (changed) {
            LOG.info("A recipient of {} has answered {}: {}", asked.audience(), asked.incidentId() == null ? "a digest"
                    : "incident " + asked.incidentId().toString().substring(0, 8), what);
        }
    }

    /** @return empty if the form lacks something that the page would send */
    private Optional<Choice> choice(Handle handle, Act act, Asked asked, AnswerForm form) {
        String version = form.version();
        return switch (act) {
            case ACKNOWLEDGE -> Optional.of(new Choice(version, null, null, null));
            case MUTE -> answers().places(handle, asked).stream().filter(place -> place.id().equals(form.get("pair"))).findFirst()
                    .filter(place -> PERIODS.containsKey(form.get("period")) || form.get("period").equals("incident"))
                    .map(place -> new Choice(version, place, PERIODS.get(form.get("period")), null));
            case LESS_OFTEN -> Optional.of(form.get("frequency")).filter(List.of("daily", "weekly")::contains)
                    .map(frequency -> new Choice(version, null, null, frequency));
        };
    }

    private void answerFailure(Exchange exchange) throws IOException {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (!Database.isAbsent(failure)) { // an outage is logged elsewhere
            LOG.error("An answer has failed: {}", FailureText.describe(failure));
        }
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader("Retry-After", RateLimit.WINDOW.toSeconds());
        show(exchange, 503, language(""), Map.of("state", "failed"));
    }

    private void show(Exchange exchange, int status, String language, Map<String, Object> shown) throws IOException {
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "text/html;charset=utf-8");
        exchange.getMessage().setHeader("Content-Security-Policy", page.policy());
        exchange.getMessage().setBody(page.html(language, shown));
    }

    private String language(String audience) {
        String own = settings.text("alert.language." + audience);
        return own.isEmpty() ? settings.required("alert.language") : own;
    }
}
