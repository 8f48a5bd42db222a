/** The history of a message, and why its events have their audience. */
import { causeName, textsOf, whatToDo } from "./causes.js";
import { ask, element, guarded, known, link, time, when } from "./parts.js";
import { words } from "./words.js";

export const STATUSES = ["queued", "succeeded", "deferred", "failed", "bounced", "other"];
/** The order in which the events of a message happen. The vendor's times are in seconds, so several events often have the same time. */
const STEPS = ["queued", "deferred", "succeeded", "failed", "bounced"];
const MOOD = { succeeded: "good", queued: "wait", deferred: "wait", failed: "bad", bounced: "bad" };

const step = one => STEPS.indexOf(one.status);
/** The oldest event first. */
export const inOrder = (a, b) => new Date(when(a)) - new Date(when(b)) || new Date(a.receivedAt) - new Date(b.receivedAt)
  || step(a) - step(b);

function event(one) {
  const bounce = one.eventType === "bounces";
  const status = STATUSES.includes(one.status) ? one.status : "other";
  const what = bounce ? `${words.step.bounced}: ${causeName(one.cause, one.code)}`
    : words.step[status] || `${one.eventType} ${one.code || one.status || ""}`;
  return element("li", {}, element("time", { class: "time", datetime: when(one) }, time(when(one))),
    element("div", {}, element("span", { class: status === "queued" ? "" : MOOD[status] || "" }, what),
      one.reason ? element("span", { class: "reason" }, ` – ${one.reason}`) : null, why(one)));
}

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
function routeTests(events) {
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

export function message(events) {
  const one = events[0];
  const bounce = events.find(each => each.eventType === "bounces");
  const failure = bounce || events.find(each => each.cause);
  const outcome = events.map(each => each.outcome).find(each => each) || "other";
  return element("article", { class: "message" },
    element("h3", {}, one.subject || events.map(each => each.subject).find(each => each) || words.noSubject),
    element("p", { class: "quiet" }, link(one.recipient), one.sender ? ` ← ${one.sender} ` : " ", link(one.messageId)),
    element("p", {}, element("span", { class: known(MOOD, outcome) || "" }, known(words.outcome, outcome) || outcome,
      failure && MOOD[outcome] === "bad" ? `: ${causeName(failure.cause, outcome === "bounced" ? failure.code : "")}` : ""),
      failure && MOOD[outcome] === "bad" ? ` – ${words.isDead[Boolean(failure.dead)]}` : ""),
    failure && MOOD[outcome] === "bad" ? whatToDo(textsOf(failure.cause)) : null,
    element("ol", { class: "timeline" }, ...events.slice().sort(inOrder).map(event)), routeTests(events.slice().sort(inOrder)));
}
