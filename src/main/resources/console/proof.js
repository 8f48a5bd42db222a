/** Whether everything has arrived: the comparison with the vendor, mails without an end, failures without their second event, the time. */
import "./words-proof.js";
import { causeOf } from "./causes.js";
import { $, ask, element, known, link, minute, number, table, when } from "./parts.js";
import { words } from "./words.js";

/** How far the list of events reaches. The API has no more. */
const MOST = 1000;

const countOf = rows => rows.length === MOST ? words.proofMost(number(MOST)) : words.proofCount(number(rows.length));

/** What happened in an hour whose events had to be repaired. */
const hourOf = hour => element("li", {}, words.proofHour(minute(hour.hour), number(hour.repaired),
  hour.why.map(why => (known(words.proofWhy, why.what) || words.proofWhy.other)(number(why.count))).join(words.comma)));

function dayOf(day) {
  const state = element("span", { class: day.complete ? "good" : "wait" }, day.complete ? words.proofComplete : words.proofOpen);
  const hours = day.hours.length ? element("ul", {}, ...day.hours.map(hourOf)) : null;
  return element("div", {}, state, day.remark ? element("p", { class: "reason" }, day.remark) : null, hours);
}

function drawReconciliation(one) {
  $("proof-compared").textContent = !one?.configured ? words.proofOff
    : `${known(words.proofCalibration, one.calibration.state) || ""} ${words.proofCalls(number(one.callsToday), number(one.callsAllowed))}`;
  $("proof-days-part").hidden = !one?.configured;
  table("proof-days", [[words.proofDay, day => day.date, "time"],
    [words.proofStored, day => words.proofOf(number(day.stored), day.vendor === null ? words.proofNotAsked : number(day.vendor)), "number"],
    [words.proofRepaired, day => element("span", day.repaired ? { class: "bad" } : {}, number(day.repaired)), "number"],
    [words.stateOf, dayOf], [words.proofLookedAt, day => minute(day.lookedAt), "time"]], one?.days || []);
}

function drawClock(clock) {
  $("proof-clock").textContent = words.proofClock[clock.state](clock);
  $("proof-clock").className = clock.state === "zone" || clock.state === "clock" ? "bad" : "";
  table("proof-clock-days", [[words.proofDay, day => day.day, "time"], [words.stateOf, day => words.proofClockState[day.state]],
    [words.proofDelay, day => day.delayMinutes === null ? "" : words.proofMinutes(number(day.delayMinutes)), "number"],
    [words.events, day => number(day.events), "number"],
    [words.proofFuture, day => element("span", day.future ? { class: "bad" } : {}, number(day.future)), "number"]], clock.days);
}

export const proof = {
  name: "proof",
  async load() {
    const [reconciliation, overdue, unpaired, clock] = await Promise.all(
      ["reconciliation", "overdue", "unpaired", "clock"].map(part => ask(`/api/${part}`)));
    return { reconciliation, overdue, unpaired, clock };
  },
  draw({ reconciliation, overdue, unpaired, clock }) {
    drawReconciliation(reconciliation);
    $("proof-overdue-count").textContent = countOf(overdue);
    table("proof-overdue", [[words.proofAccepted, one => minute(when(one)), "time"], [words.address, one => link(one.recipient)],
      [words.subject, one => one.subject], [words.proofMessage, one => link(one.messageId)],
      [words.stateOf, one => [one.deferredAt ? words.proofDeferred(minute(one.deferredAt)) : words.proofNothing,
        one.vendorHasNone ? words.proofNone : null].filter(Boolean).join(words.comma)]], overdue);
    $("proof-unpaired-count").textContent = countOf(unpaired);
    table("proof-unpaired", [[words.when, one => minute(when(one)), "time"], [words.address, one => link(one.recipient)],
      [words.proofMissing, one => words.proofMissingOf[one.missing]], [words.cause, one => causeOf(one.cause)],
      [words.reason, one => one.reason, "reason"]], unpaired);
    drawClock(clock);
  },
};
