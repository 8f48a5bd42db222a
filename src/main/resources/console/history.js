"use strict";

/** A search: the messages that were found, and why their events have their audience. */
let found = null;

/** The order in which the events of a message happen. The vendor's times are in seconds, so several events often have the same time. */
const STEPS = ["queued", "deferred", "succeeded", "failed", "bounced"];
const MOOD = { succeeded: "good", queued: "wait", deferred: "wait", failed: "bad", bounced: "bad" };

const step = one => STEPS.indexOf(one.eventType === "bounces" ? "bounced" : one.status);
/** The oldest event first. */
const inOrder = (a, b) => new Date(when(a)) - new Date(when(b)) || new Date(a.receivedAt) - new Date(b.receivedAt)
  || step(a) - step(b);

function event(one) {
  const bounce = one.eventType === "bounces";
  const status = bounce ? "bounced" : one.eventType === "deliveries" && STATUSES.includes(one.status) ? one.status : "other";
  const what = bounce ? `${words.step.bounced}: ${causeName(one.cause, one.status)}`
    : words.step[status] || `${one.eventType} ${one.status || ""}`;
  return element("li", {}, element("time", { class: "time", datetime: when(one) }, time(when(one))),
    element("div", {}, element("span", { class: status === "queued" ? "" : MOOD[status] || "" }, what),
      one.reason ? element("span", { class: "reason" }, ` – ${one.reason}`) : null, why(one)));
}

const place = step => `${step.file}:${step.line}`;

/** Opens to the decision of the routes about an event. It is asked for when somebody opens it. */
function why(one) {
  const made = element("details", { class: "why" }, element("summary", {}, words.why));
  made.addEventListener("toggle", guarded("why", async () => {
    if (made.open && made.childElementCount === 1) {
      made.append(decision(await ask(`/api/events/${one.eventId}/decision`)));
      notice("why", "");
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
  copy.addEventListener("click", guarded("search", async () => {
    await navigator.clipboard.writeText(text.textContent);
    copy.textContent = words.copied;
  }));
  const test = element("details", { class: "test" }, element("summary", {}, words.asTest), text, copy);
  test.addEventListener("toggle", guarded("search", async () => {
    const tests = [];
    for (const one of test.open && !text.textContent ? events : []) {
      tests.push(await ask(`/api/events/${one.eventId}/test`)); // one after the other, because the API answers few requests at a time
    }
    text.textContent ||= tests.join("\n");
  }));
  return test;
}

function message(events) {
  const one = events[0];
  const bounce = events.find(each => each.eventType === "bounces");
  const failure = bounce || events.find(each => each.cause);
  const outcome = events.map(each => each.outcome).find(each => each) || "other";
  return element("article", { class: "message" },
    element("h3", {}, one.subject || events.map(each => each.subject).find(each => each) || words.noSubject),
    element("p", { class: "quiet" }, link(one.recipient), one.sender ? ` ← ${one.sender} ` : " ", link(one.messageId)),
    element("p", {}, element("span", { class: known(MOOD, outcome) || "" }, known(words.outcome, outcome) || outcome,
      failure && MOOD[outcome] === "bad" ? `: ${causeName(failure.cause, outcome === "bounced" ? failure.status : "")}` : ""),
      failure && MOOD[outcome] === "bad" ? ` – ${words.isDead[Boolean(failure.dead)]}` : ""),
    failure && MOOD[outcome] === "bad" ? whatToDo(textsOf(failure.cause)) : null,
    element("ol", {}, ...events.slice().sort(inOrder).map(event)), routeTests(events.slice().sort(inOrder)));
}

/** Shows the messages that were found, the newest first. */
function showFound() {
  $("found").hidden = !found;
  $("overview").hidden = Boolean(found || incident);
  document.title = found ? `${found.query} – Mail Events` : "Mail Events";
  showIncident();
  if (!found) {
    return;
  }
  const messages = new Map();
  found.events.forEach(one => {
    const key = `${one.messageId}\n${one.recipient}`;
    (messages.get(key) || messages.set(key, []).get(key)).push(one);
  });
  $("found-title").textContent = words.foundTitle(found.query);
  $("found-sum").textContent = found.events.length
    ? `${words.foundSum(messages.size, found.events.length)} ${found.events.length >= 1000 ? words.most : ""}` : words.nothing(found.query);
  $("messages").replaceChildren(...[...messages.values()].map(message));
}

const asked = () => decodeURIComponent(location.hash.slice(1)).trim();

/**
 * Searches for the text behind the # of the URL, which no browser sends to a server, so that no server logs it. The text is an address or a
 * Message-ID. These look alike, so both are asked for.
 */
async function search() {
  const query = asked();
  incident = null;
  if (wanted()) {
    found = null;
    await loadIncident();
    return;
  }
  if (!query) {
    found = null;
  } else {
    $("query").value = query;
    const path = encodeURIComponent(query);
    const [ofAddress, ofMessage] = await Promise.all([ask(`/api/recipients/${path}`), ask(`/api/messages/${path}`)]);
    if (query !== asked()) {
      return; // the user has started another search in the meantime
    }
    found = { query, events: ofMessage || ofAddress || [] };
  }
  notice("search", "");
  showFound();
  if (found) {
    $("found-title").focus();
  }
}
