/** An event in words: its step, why it has its audience, its element as it was sent, and the same as a test of the routes. */
import { causeName } from "./causes.js";
import { ask, element, guarded, isFuture, known, time, when } from "./parts.js";
import { words } from "./words.js";

export const STATUSES = ["queued", "succeeded", "deferred", "failed", "bounced", "other"];
export const MOOD = { succeeded: "good", queued: "wait", deferred: "wait", failed: "bad", bounced: "bad" };

/** The order in which the events of a message happen. The vendor's times are in seconds, so several events often have the same time. */
const STEPS = ["queued", "deferred", "succeeded", "failed", "bounced"];
const step = one => STEPS.indexOf(one.status);
/** The oldest event first. */
export const inOrder = (a, b) => new Date(when(a)) - new Date(when(b)) || new Date(a.receivedAt) - new Date(b.receivedAt)
  || step(a) - step(b);

const isDelivery = one => one.eventType === "deliveries" || one.eventType === "bounces";
/** The status in words, or the type and status of an event that is no delivery and no bounce. */
export const statusText = one => isDelivery(one) && known(words.status, one.status)
  || [one.eventType, one.code || one.status].filter(part => part).join(" ");
/** That a mail was queued is good or bad only if nothing else is known of it. */
export const moodOf = one => isDelivery(one) && one.status !== "queued" && known(MOOD, one.status) || "";

/** A step on the way of a message. */
export function event(one) {
  const what = isDelivery(one) && known(words.step, one.status) || statusText(one);
  return element("li", { class: moodOf(one) }, element("time", { datetime: when(one) }, time(when(one))),
    element("div", {}, element("strong", {}, one.cause ? `${what}: ${causeName(one.cause, one.code)}` : what),
      isFuture(one) ? element("p", { class: "bad" }, words.future(time(one.receivedAt))) : null,
      one.reason ? element("p", { class: "reason" }, element("span", { class: "quiet" }, `${words.said} `),
        element("q", {}, one.reason)) : null,
      why(one), raw(one)));
}

/** Opens to the element as Customers Mail Cloud sent it. */
const raw = one => one.raw && element("details", { class: "test" }, element("summary", {}, words.raw),
  element("pre", {}, JSON.stringify(one.raw, null, 2)));

const place = step => `${step.file}:${step.line}`;

/** Opens to the decision of the routes about an event. It is asked for when somebody opens it. */
function why(one) {
  const made = element("details", { class: "why" }, element("summary", {}, words.why));
  made.addEventListener("toggle", guarded(async () => {
    if (made.open && made.childElementCount === 1) {
      made.append(decision(await ask(`/api/events/${one.eventId}/decision`)));
    }
  }));
  return made;
}

function decision(made) {
  if (!made) {
    return element("p", {}, words.none);
  }
  const decided = (value, step, nothing) => value === null ? nothing : step ? `${value} (${place(step)})` : value;
  const revision = made.revision;
  const lines = [
    [words.audience, decided(made.audience === "none" ? words.muted : made.audience, made.audienceSetBy, words.nobody)],
    ...(made.recipients ? [[words.recipients, made.recipients]] : []),
    ...(made.cause ? [[words.cause, causeName(made.cause)]] : []),
    [words.kind, decided(made.kind, made.kindSetBy, words.none)],
    [words.branches, made.branches.length ? element("ul", {}, ...made.branches.map(branch =>
      element("li", {}, element("code", {}, branch.condition), ` (${place(branch)})`))) : words.none],
    [words.revision, [revision.id, revision.firstUsedAt ? words.usedSince(time(revision.firstUsedAt)) : null,
      revision.active ? words.active : words.notActive].filter(part => part).join(words.comma)]];
  return element("div", {}, element("dl", {}, ...lines.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    ...made.remarks.map(remark => element("p", { class: "wait" }, known(words.remark, remark.code) || remark.detail)));
}

/** The events of a message as tests of the routes. They are asked for only when somebody wants to see them. */
export function routeTests(events) {
  const text = element("pre", {});
  const copy = element("button", { type: "button" }, words.copy);
  copy.addEventListener("click", guarded(async () => {
    await navigator.clipboard.writeText(text.textContent);
    copy.textContent = words.copied;
  }));
  const test = element("details", { class: "test" }, element("summary", {}, words.asTest), text, copy);
  test.addEventListener("toggle", guarded(async () => {
    const tests = [];
    for (const one of test.open && !text.textContent ? events : []) {
      tests.push(await ask(`/api/events/${one.eventId}/test`)); // one after the other, because the API answers few requests at a time
    }
    text.textContent ||= tests.join("\n");
  }));
  return test;
}
