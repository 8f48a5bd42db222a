/** A message to one recipient: its way from queued to the end, its cause, its address, and who was told of it. */
import "./words-message.js";
import { causeName, descriptions, textsOf, whatToDo } from "./causes.js";
import { MOOD, event, routeTests } from "./history.js";
import { answeredBy, deliveryState, incidentLink } from "./incidents.js";
import { $, ask, element, hashOf, known, link, minute, time } from "./parts.js";
import { words } from "./words.js";

/** The hash of a message's own page. */
export const messageHash = one => hashOf("message", { id: one.messageId, to: one.recipient });

/** The subject, which leads to the message's own page. */
export const subjectLink = one => one.messageId
  ? element("a", { href: messageHash(one) }, one.subject || words.noSubject) : one.subject;

const outcomeOf = one => element("span", { class: known(MOOD, one.outcome) || "" },
  known(words.outcome, one.outcome) || words.outcome.other);

/** A message has a page for each recipient. */
const choice = (id, recipients) => [element("p", {}, words.whichRecipient),
  element("ul", {}, ...recipients.map(one => element("li", {},
    element("a", { href: hashOf("message", { id, to: one.recipient }) }, one.recipient), " – ", outcomeOf(one))))];

function outcome(one) {
  const bounce = one.events.findLast(each => each.eventType === "bounces");
  const failure = known(MOOD, one.outcome) === "bad" ? bounce || one.events.findLast(each => each.cause) : null;
  return [
    element("p", { class: "outcome" }, outcomeOf(one), failure
      ? ` – ${causeName(failure.cause, failure.code)}${words.comma}${words.isDead[Boolean(failure.dead)]}` : ""),
    failure ? whatToDo(textsOf(failure.cause)) : null];
}

function address(one) {
  const its = one.address;
  if (!its) {
    return null;
  }
  const lastSuccess = [words.lastSuccess, its.lastSucceededAt ? time(its.lastSucceededAt) : words.never];
  return element("div", { class: "card" }, element("h3", {}, words.theAddress), its.state === "listed"
    ? descriptions([[words.stateOf, element("span", { class: "bad" }, words.isListed)], [words.listedSince, time(its.since)],
      [words.cause, causeName(its.cause)], [words.bounces, String(its.bounces)], lastSuccess,
      [words.leaves, words.leavesWith[its.leavesWith]]])
    : descriptions([[words.stateOf, words.isClear], lastSuccess]));
}

function alert(one) {
  const deliveries = one.deliveries.map(each => element("li", {}, `${each.recipient || each.channel}: ${deliveryState(each)}`,
    each.failure ? element("span", { class: "reason" }, ` – ${each.failure}`) : null));
  return element("li", {},
    element("p", {}, words.toldBy(one.number, known(words.mailOf, one.what) || one.what, one.audience),
      ...(one.incidentId ? [` – ${words.incident} `, incidentLink(one)] : [])),
    element("ul", {}, ...deliveries),
    element("p", {}, one.acknowledgedBy ? answeredBy(one.acknowledgedBy, one.acknowledgedAt) : words.incidentOpen));
}

function alerts(one) {
  const isBounce = one.events.some(each => each.eventType === "bounces");
  return element("div", { class: "card" }, element("h3", {}, words.alerts), one.alerts.length
    ? element("ul", { class: "plain" }, ...one.alerts.map(alert)) : element("p", {}, isBounce ? words.notToldYet : words.onlyBounces));
}

function page(one) {
  return [
    element("div", { class: "card" }, ...outcome(one).filter(part => part), descriptions([
      [words.address, element("a", { href: hashOf("events", { recipient: one.recipient }) }, one.recipient || "")],
      ...(one.sender ? [[words.sender, one.sender]] : []), ["Message-ID", link(one.messageId)],
      ...(one.apiData ? [[words.apiData, element("a", { href: hashOf("events", { apiData: one.apiData }) }, one.apiData)]] : [])])),
    element("div", { class: "card" }, element("h3", {}, words.way),
      element("ol", { class: "timeline" }, ...one.events.map(event)), routeTests(one.events)),
    element("div", { class: "cards" }, ...[address(one), alerts(one)].filter(part => part))];
}

/** Its parameters: `id`, the Message-ID, and `to`, the recipient, which may be left out if there is only one. */
export const message = {
  name: "message",
  partOf: "events",
  title: (parameters, one) => one ? one.subject || words.noSubject : words.views.message,
  load: parameters => ask(`/api/message?${new URLSearchParams(parameters)}`),
  draw(one, { id, to }) {
    $("message").replaceChildren(...(!one ? [element("p", {}, words.noMessage(id || "", to || ""))]
      : one.recipients ? [element("div", { class: "card" }, ...choice(id, one.recipients))] : page(one)));
  },
};
