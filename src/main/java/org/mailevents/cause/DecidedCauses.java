package org.mailevents.cause;

import java.util.List;
import java.util.function.Supplier;
import org.mailevents.event.Causes;

/** The causes of events, decided by the rules of the moment. */
public final class DecidedCauses implements Causes {

    private final Supplier<CauseRules> rules;

    /** @param rules asked for each event, because an edit replaces the rules */
    public DecidedCauses(Supplier<CauseRules> rules) {
        this.rules = rules;
    }

    @Override
    public Conclusion decide(String reply, String recipient, String code) {
        CauseRules active = rules.get();
        Bounce bounce = new Bounce(reply, recipient, code, "");
        Verdict verdict = active.decide(bounce);
        return new Conclusion(verdict.cause(), verdict.kind(active.table(), bounce.code()), verdict.dead());
    }

    @Override
    public List<Conclusion> all() {
        return rules.get().table().causes().values().stream()
                .map(cause -> new Conclusion(cause.id(), cause.kind(), cause.dead())).toList();
    }

    @Override
    public List<String> codes() {
        return rules.get().table().codes().keySet().stream().filter(code -> !code.equals(CauseTable.UNKNOWN)).toList();
    }
}
