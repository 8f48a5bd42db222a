package org.mailevents.chaos;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mailevents.support.TestDatabase;

/** Compares the acknowledged events with the stored and mailed events, one by one. */
final class Verdict {

    private static final int SHOWN = 5;

    final Map<String, Object> counts = new LinkedHashMap<>();
    final List<String> gaps = new ArrayList<>();

    Verdict(Ledger ledger, Map<String, Object> faults, List<Installation> installations, MailServer mailServer, TestDatabase database) {
        counts.put("webhooks posted", ledger.posts);
        counts.put("– answered 200", ledger.accepted);
        counts.put("– refused with 503: neither database nor room in the spool", ledger.refused);
        counts.put("– refused with 503: starting or stopping", ledger.refusedAtStartOrStop);
        counts.put("– without an answer: not running, or killed before the answer", ledger.unanswered);
        if (installations.size() > 1) {
            counts.put("– refused by the load balancer, because a process had died", ledger.refusedByProxy);
        }
        counts.put("slowest answer, ms", ledger.answeredWithin(1));
        counts.putAll(faults);
        counts.put("events sent", ledger.sent.size());
        counts.put("events acknowledged", ledger.acknowledged.size());
        counts.put("– by way of the spool", ledger.spooled);
        rows(ledger, database);
        mails(ledger.acknowledged.stream().filter(NumberedEvent::bounce).toList(), mailServer.received());
        gap("bounces not marked as mailed", database.rows("SELECT event_id FROM mail_event WHERE alert_state <> 'sent'"));
        gap("mails not marked as sent", database.rows("SELECT what, audience FROM alert_mail WHERE sent_at IS NULL"));
        gap("rejected events", database.rows("SELECT reason FROM rejected_event"));
        gap("webhooks left in the spool", installations.stream().flatMap(installation -> installation.spooled().stream()).toList());
        gap("kinds of wrong answers", ledger.wrong.entrySet());
    }

    /** The counts of several runs side by side, as docs/proof.md has them. */
    static String table(long seed, Map<String, Map<String, Object>> runs) {
        StringBuilder table = new StringBuilder(row("seed " + seed, runs.keySet())
                + row("---", Collections.nCopies(runs.size(), "---:")));
        runs.values().stream().flatMap(counts -> counts.keySet().stream()).distinct()
                .forEach(what -> table.append(row(what, runs.values().stream().map(counts -> counts.get(what)).toList())));
        return table.toString();
    }

    private static String row(String what, Collection<?> cells) {
        return "| " + what + " | " + cells.stream().map(String::valueOf).collect(Collectors.joining(" | ")) + " |\n";
    }

    private void rows(Ledger ledger, TestDatabase database) {
        Map<Map<String, String>, NumberedEvent> sent = ledger.sent.stream()
                .collect(Collectors.toMap(NumberedEvent::row, Function.identity()));
        Set<NumberedEvent> stored = new HashSet<>();
        List<Object> again = new ArrayList<>();
        List<Object> strange = new ArrayList<>();
        for (Map<String, String> row : database.rows("SELECT message_id, recipient, event_type, status FROM mail_event")) {
            NumberedEvent event = sent.get(row);
            if (event == null) {
                strange.add(row);
            } else if (!stored.add(event)) {
                again.add(event);
            }
        }
        counts.put("events stored", stored.size());
        gap("events acknowledged and not stored", ledger.acknowledged.stream().filter(event -> !stored.contains(event)).toList());
        gap("events stored twice", again);
        gap("rows that differ from what was sent", strange);
    }

    private void mails(List<NumberedEvent> bounces, List<MailServer.Digest> received) {
        Map<String, Set<String>> mails = new HashMap<>();
        List<Object> changed = new ArrayList<>();
        for (MailServer.Digest mail : received) {
            Set<String> before = mails.putIfAbsent(mail.messageId(), mail.recipients());
            if (before != null && !before.equals(mail.recipients())) {
                changed.add(mail.messageId());
            }
        }
        Set<String> named = new HashSet<>();
        List<String> again = mails.values().stream().flatMap(Set::stream).filter(recipient -> !named.add(recipient)).toList();
        counts.put("bounces acknowledged", bounces.size());
        counts.put("mails to the operators about the spool", mails.values().stream().filter(Set::isEmpty).count());
        counts.put("mails of bounces", mails.values().stream().filter(recipients -> !recipients.isEmpty()).count());
        counts.put("– that came again, with the same Message-ID", received.size() - mails.size());
        gap("bounces acknowledged and not mailed", bounces.stream().filter(bounce -> !named.contains(bounce.recipient())).toList());
        gap("bounces in two different mails", again);
        gap("mails that came again with other bounces", changed);
    }

    private void gap(String what, Collection<?> ids) {
        counts.put(what, ids.size());
        if (!ids.isEmpty()) {
            gaps.add(ids.size() + " " + what + ": " + ids.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", ")));
        }
    }
}
