package org.mailevents.explain;

import org.mailevents.explain.Decision.Branch;
import org.mailevents.explain.Decision.Remark;
import org.mailevents.explain.Decision.Revision;
import org.mailevents.explain.Decision.Step;
import org.mailevents.settings.Settings;

/** Writes a decision for a person. The command {@code explain-decision} prints this text. */
final class DecisionText {

    private DecisionText() {
    }

    /** The same decision with its text. */
    static Decision in(Decision decision) {
        return new Decision(decision.eventId(), decision.eventType(), decision.status(), decision.receivedAt(), decision.cause(),
                decision.dead(), decision.kind(), decision.audience(), decision.recipients(), decision.revision(), decision.branches(),
                decision.kindSetBy(), decision.audienceSetBy(), decision.remarks(), text(decision));
    }

    private static String text(Decision decision) {
        StringBuilder text = new StringBuilder();
        line(text, "Event %s: %s, status %s, received %s".formatted(decision.eventId(), decision.eventType(), decision.status(),
                decision.receivedAt()));
        if (decision.cause() != null) {
            line(text, "Cause: " + decision.cause() + (decision.dead() ? ", and the address is dead" : ""));
        }
        line(text, "Kind: " + decided(decision.kind(), decision.kindSetBy(), "none"));
        String audience = Settings.MUTED.equals(decision.audience()) ? "none (muted, so nobody is mailed)" : decision.audience();
        line(text, "Audience: " + decided(audience, decision.audienceSetBy(), "not set, so nobody is mailed"));
        if (decision.recipients() != null) {
            line(text, "Recipients: those of the setting " + decision.recipients());
        }
        line(text, "Branches:" + (decision.branches().isEmpty() ? " none" : ""));
        for (Branch branch : decision.branches()) {
            line(text, "  %s: %s (%s:%d)".formatted(branch.route(), branch.condition(), branch.file(), branch.line()));
        }
        Revision revision = decision.revision();
        line(text, "Routes: revision %s%s, %s".formatted(revision.id(),
                revision.firstUsedAt() == null ? "" : ", in use since " + revision.firstUsedAt(),
                revision.active() ? "active now" : "not active any more"));
        for (Remark remark : decision.remarks()) {
            line(text, "Note: " + remark.detail());
        }
        return text.toString();
    }

    private static String decided(String value, Step step, String nothing) {
        if (value == null) {
            return nothing;
        }
        return step == null ? value : value + ", set by " + step.step() + " in " + step.file() + ":" + step.line();
    }

    private static void line(StringBuilder text, String line) {
        text.append(line).append('\n');
    }
}
