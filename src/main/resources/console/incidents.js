"use strict";

/** The incidents: the list in the overview, and the view of one incident, whose id stands behind the # of the URL. */
const INCIDENT = "incident=";

let incidents = null;
let incident = null;

const wanted = () => asked().startsWith(INCIDENT) ? asked().slice(INCIDENT.length) : null;
const incidentLink = one => element("a", { href: `#${INCIDENT}${one.incidentId}` }, one.incidentId.slice(0, 8));
const minute = text => text ? time(text, TO_THE_MINUTE) : "";
const stateOf = one => one.closedAt ? words.incidentOver(minute(one.closedAt))
  : one.acknowledgedBy ? words.takenCareOf(one.acknowledgedBy) : words.incidentOpen;

/** Until somebody asks for the older ones, the list has the open incidents of the summary. */
function showIncidents() {
  table("incidents-table", [[words.incident, incidentLink, "word"], [words.audience, one => one.audience, "word"],
    [words.opened, one => minute(one.openedAt), "time"], [words.last, one => minute(one.lastBounceAt), "time"],
    [words.mails, one => number(one.mails), "number"], [words.stateOf, stateOf]], incidents || (summary ? summary.incidents : []));
}

function answerText(one) {
  switch (one.what) {
    case "mute": return words.muted_(causeName(one.cause), one.domain, one.untilTime ? minute(one.untilTime) : words.untilOver);
    case "less-often": return words.lessOften[one.frequency];
    default: return words.acknowledged;
  }
}

const deliveryState = one => one.sentAt ? words.sentAt(minute(one.sentAt))
  : one.gaveUpAt ? words.gaveUp(minute(one.gaveUpAt)) : words.retryAt(minute(one.retryAt));

function showIncident() {
  $("incident").hidden = !incident;
  if (!incident) {
    return;
  }
  document.title = `${words.incidentTitle(incident.incidentId.slice(0, 8), incident.audience)} – Mail Events`;
  $("incident-title").textContent = words.incidentTitle(incident.incidentId.slice(0, 8), incident.audience);
  $("incident-sum").textContent = `${words.since_(time(incident.openedAt))} ${stateOf(incident)}`;
  table("incident-bounces", [[words.cause, one => causeOf(one.cause)], [words.domain, one => one.domain],
    [words.bounces, one => number(one.bounces), "number"]], incident.bounces);
  table("incident-answers", [[words.when, one => minute(one.answeredAt), "time"], [words.who, one => one.recipient],
    [words.answer, answerText], [words.undone, one => minute(one.undoneAt), "time"]], incident.answers);
  table("incident-mails", [["#", one => number(one.number), "number"], [words.kind, one => known(words.mailOf, one.what) || one.what],
    [words.made, one => minute(one.madeAt), "time"], [words.told, one => minute(one.sentAt), "time"]], incident.mails);
  table("incident-deliveries", [["#", one => number(one.number), "number"], [words.to, one => one.recipient || one.channel],
    [words.stateOf, deliveryState], [words.reason, one => one.failure, "reason"]], incident.deliveries);
}

/** Loads the incident of the URL. */
async function loadIncident() {
  const id = wanted();
  const loaded = await ask(`/api/incident?id=${encodeURIComponent(id)}`);
  if (id !== wanted()) {
    return; // the user has gone on in the meantime
  }
  incident = loaded;
  notice("search", loaded ? "" : words.noIncident);
  showFound();
  if (incident) {
    $("incident-title").focus();
  }
}

async function loadIncidents() {
  incidents = await ask("/api/incidents");
  notice("incidents", "");
  showIncidents();
}
