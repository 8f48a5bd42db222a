/** The incidents: the list of all, and the view of one. */
import "./words-incidents.js";
import { causeName, causeOf } from "./causes.js";
import { $, ask, element, known, minute, number, table, time } from "./parts.js";
import { words } from "./words.js";

const INCIDENT = "incident=";

const shortId = id => id.slice(0, 8);
export const incidentLink = one => element("a", { href: `#${INCIDENT}${one.incidentId}` }, shortId(one.incidentId));
const stateOf = one => one.closedAt ? words.incidentOver(minute(one.closedAt))
  : one.acknowledgedBy ? words.takenCareOf(one.acknowledgedBy) : words.incidentOpen;

/** Who takes care of an incident, and since when. */
export const answeredBy = (who, at) => `${words.takenCareOf(who)} ${minute(at)}`.trim();

export function incidentsTable(id, all) {
  table(id, [[words.incident, incidentLink, "word"], [words.audience, one => one.audience, "word"],
    [words.opened, one => minute(one.openedAt), "time"], [words.last, one => minute(one.lastBounceAt), "time"],
    [words.mails, one => number(one.mails), "number"], [words.stateOf, stateOf]], all);
}

function answerText(one) {
  switch (one.what) {
    case "mute": return words.muted_(causeName(one.cause), one.domain, one.untilTime ? minute(one.untilTime) : words.untilOver);
    case "less-often": return words.lessOften[one.frequency];
    default: return words.acknowledged;
  }
}

export const deliveryState = one => one.sentAt ? words.sentAt(minute(one.sentAt))
  : one.gaveUpAt ? words.gaveUp(minute(one.gaveUpAt)) : words.retryAt(minute(one.retryAt));

export const incidents = {
  name: "incidents",
  load: () => ask("/api/incidents"),
  draw: all => incidentsTable("incidents-table", all),
};

/** Its hash is `#incident=` and the id, because mails have links to it. */
export const incident = {
  name: "incident",
  partOf: "incidents",
  read: text => text.startsWith(INCIDENT) ? { id: text.slice(INCIDENT.length) } : null,
  title: ({ id }) => words.incidentTitle(shortId(id)),
  load: ({ id }) => ask(`/api/incident?id=${encodeURIComponent(id)}`),
  draw(one) {
    $("incident-parts").hidden = !one;
    $("incident-sum").textContent = one ? `${words.incidentOf(one.audience)} ${words.since_(time(one.openedAt))} ${stateOf(one)}`
      : words.noIncident;
    if (!one) {
      return;
    }
    table("incident-bounces", [[words.cause, each => causeOf(each.cause)], [words.domain, each => each.domain],
      [words.bounces, each => number(each.bounces), "number"]], one.bounces);
    table("incident-answers", [[words.when, each => minute(each.answeredAt), "time"], [words.who, each => each.recipient],
      [words.answer, answerText], [words.undone, each => minute(each.undoneAt), "time"]], one.answers);
    table("incident-mails", [["#", each => number(each.number), "number"],
      [words.kind, each => known(words.mailOf, each.what) || each.what],
      [words.made, each => minute(each.madeAt), "time"], [words.told, each => minute(each.sentAt), "time"]], one.mails);
    table("incident-deliveries", [["#", each => number(each.number), "number"], [words.to, each => each.recipient || each.channel],
      [words.stateOf, deliveryState], [words.reason, each => each.failure, "reason"]], one.deliveries);
  },
};
