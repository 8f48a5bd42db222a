/** The activity feed: the events that a filter lets through, the newest first. The filter stands in the hash, so that a link holds it. */
import "./words-events.js";
import { causeName, causes } from "./causes.js";
import { inOrder, moodOf, statusText } from "./history.js";
import { messageHash, subjectLink } from "./message.js";
import { $, ask, breakable, element, hashOf, isFuture, minute, number, table, time, when } from "./parts.js";
import { words } from "./words.js";

/** So many events are on a page. */
const LIMIT = 50;
/** An event usually arrives within seconds. If it was late, the list says when it was received, because the pages go by that time. */
const LATE_MILLISECONDS = 60_000;

const form = $("filter");
const fields = [...form.elements].filter(field => field.name);

/** A time field has the time of the reader's clock, to the minute. The hash and the API have UTC. */
const isTime = field => field.type === "datetime-local";
const twoDigits = value => String(value).padStart(2, "0");
function toLocal(text) {
  const at = new Date(text);
  return isNaN(at) ? "" : `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())}T${twoDigits(at.getHours())}:`
    + twoDigits(at.getMinutes());
}

/** A select without this value gets it. A link may name a cause or a type of event that the page does not know. */
function choose(field, value) {
  if (field instanceof HTMLSelectElement && ![...field.options].some(option => option.value === value)) {
    field.add(new Option(value, value));
  }
  field.value = value;
}

function fillCauses() {
  const chosen = form.cause.value;
  form.cause.replaceChildren(new Option(words.any, ""), ...causes().map(cause => new Option(causeName(cause), cause)));
  choose(form.cause, chosen);
}

/** The filter without the place in the list. */
const filterOf = parameters => Object.fromEntries(fields.map(field => [field.name, parameters[field.name]]).filter(([, value]) => value));

function describe(found, parameters) {
  const [kind, text] = Object.entries(found.readAs || {})[0] || [];
  const lines = [
    kind && text !== parameters.text ? words.readAs(words.kindOfText[kind] || kind, text) : null,
    found.events.length || found.isSearching ? null
      : Object.keys(filterOf(parameters)).length || parameters.after ? words.noEvents : null,
    found.isSearching ? words.searching(time(found.lookedThroughSince))
      : found.events.length || !found.lookedThroughSince ? null : words.lookedThrough(time(found.lookedThroughSince)),
    !found.isSearching && (found.next || parameters.after) ? words.orderOfPages : null];
  return lines.filter(line => line).join(" ");
}

const isLate = one => new Date(one.receivedAt) - new Date(when(one)) > LATE_MILLISECONDS;

function rows(found) {
  return [[words.when, one => [one.messageId ? element("a", { href: messageHash(one) }, time(when(one))) : time(when(one)),
    isLate(one) ? element("span", { class: "quiet" }, words.receivedAt(minute(one.receivedAt))) : null,
    isFuture(one) ? element("span", { class: "bad" }, words.futureAt(minute(one.receivedAt))) : null], "time"],
  [words.state_, one => element("span", { class: moodOf(one) }, statusText(one)), "word"],
  [words.address, one => one.recipient && element("a", { href: hashOf("events", { recipient: one.recipient }) },
    ...breakable(one.recipient)), "address"],
  [words.subject, subjectLink, "subject"],
  [words.causeAndReply, one => [one.cause ? causeName(one.cause, one.code) : null, one.reason], "reason"],
  ...(found.events.some(one => one.apiData) ? [[words.apiData, one => one.apiData, "reason"]] : [])];
}

/** The README's first webhook, with the address of this page. */
const firstWebhook = () => `curl -s ${location.origin}/webhooks/customers-mail-cloud \\
  -H 'Content-Type: application/json' -d '{
    "event_type": "bounces", "server_composition": "pro",
    "event": {"bounces": [{
      "created": "2026-10-01 09:00:07", "status": "2", "to": "nobody@example.net",
      "from": "news@shop.example.com", "messageId": "<1@mta01.example.com>",
      "subject": "Autumn news", "reason": "550 5.1.1 The mailbox does not exist"}]}}'`;

form.addEventListener("submit", submitted => {
  submitted.preventDefault();
  const chosen = Object.fromEntries(fields.map(field =>
    [field.name, isTime(field) && field.value ? new Date(field.value).toISOString() : field.value.trim()]));
  const hash = hashOf("events", chosen);
  if (location.hash === hash) {
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
  location.hash = hash;
});

/** Its parameters are the fields of the filter, and `after`, the place in the list. */
export const events = {
  name: "events",
  title: ({ text }) => text ? words.foundTitle(text) : words.views.events,
  enter(parameters) {
    fields.forEach(field => choose(field, isTime(field) ? toLocal(parameters[field.name]) : parameters[field.name] || ""));
    $("query").value = parameters.text || "";
    const { text, after, ...others } = parameters;
    $("filter-box").open = matchMedia("(min-width: 600px)").matches && (!text || Object.keys(others).length > 0);
  },
  /** The API looks through a part of the events at a time, so it is asked again until the page is full or everything was looked through. */
  async load(parameters, soFar) {
    let found = { events: [], next: parameters.after };
    do {
      const asked = { ...filterOf(parameters), limit: LIMIT - found.events.length, ...(found.next ? { after: found.next } : {}) };
      const answer = await ask(`/api/events?${new URLSearchParams(asked)}`);
      found = { ...answer, events: [...found.events, ...answer.events] };
    } while (!found.complete && found.next && found.events.length < LIMIT && soFar({ ...found, isSearching: true }));
    return found;
  },
  draw(found, parameters) {
    const filter = filterOf(parameters);
    fillCauses();
    $("found-sum").textContent = describe(found, parameters);
    $("first-steps").hidden = found.events.length > 0 || found.isSearching || Object.keys(filter).length > 0 || Boolean(parameters.after);
    $("first-webhook").textContent = firstWebhook();
    $("found").hidden = !found.events.length;
    // the API has them by their receipt, and events of one webhook were received at the same time
    table("events-table", rows(found), found.events.slice().sort((a, b) => inOrder(b, a)));
    $("newest").hidden = !parameters.after;
    $("newest").href = hashOf("events", filter);
    $("older").hidden = !found.next || found.isSearching;
    $("older").href = hashOf("events", { ...filter, after: found.next });
    $("reset").hidden = !Object.keys(filter).length;
    $("events-csv").href = `/api/events.csv?${new URLSearchParams(filter)}`;
  },
};
