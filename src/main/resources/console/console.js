"use strict";

const STATUSES = ["queued", "succeeded", "deferred", "failed", "bounced", "other"];
const COLOURS = { queued: "#7d8590", succeeded: "#2e9e5b", deferred: "#d99a1c", failed: "#e0703a", bounced: "#c7362d", other: "#8a63c7" };
/** The order in which the events of a message happen. The vendor's times are in seconds, so several events often have the same time. */
const STEPS = ["queued", "deferred", "succeeded", "failed", "bounced"];
const MOOD = { succeeded: "good", queued: "wait", deferred: "wait", failed: "bad", bounced: "bad" };
const RENEW_MILLISECONDS = 30_000;
const TO_THE_MINUTE = { dateStyle: "short", timeStyle: "short" };

const $ = id => document.getElementById(id);
const charts = {};
const notices = {};
let language = localStorage.getItem("language") || (navigator.language.startsWith("ja") ? "ja" : "en");
let words = WORDS[language];
let summary = null;
let found = null;
let suppressions = null;
let routes = null;
let drafts = [];
let difference = null;

/** Makes an element. Its content is text or other elements, never HTML, so that no text of a mail is run as HTML. */
function element(name, attributes, ...content) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...content.filter(part => part !== null && part !== undefined));
  return made;
}

const when = one => one.occurredAt || one.receivedAt;
const step = one => STEPS.indexOf(one.eventType === "bounces" ? "bounced" : one.status);
/** The oldest event first. */
const inOrder = (a, b) => new Date(when(a)) - new Date(when(b)) || new Date(a.receivedAt) - new Date(b.receivedAt) || step(a) - step(b);
const number = value => new Intl.NumberFormat(language).format(value);
const time = (text, options = { dateStyle: "medium", timeStyle: "medium" }) =>
  text ? new Intl.DateTimeFormat(language, options).format(new Date(text)) : "";
/** Looks a word up. A caller of the webhook may have chosen the word, for instance `constructor`. */
const known = (of, word) => Object.hasOwn(of, word) ? of[word] : undefined;
const cause = code => code === null ? words.code.other : `${known(words.code, code) || words.code.other} (${code})`;

function duration(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => seconds >= length) || units[3];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(Math.floor(seconds / size));
}

/** The answer of the API, or null for a 404. */
async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  if (answer.status === 404) {
    return null;
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail || answer.statusText || answer.status);
  }
  return answer.headers.get("Content-Type").includes("json") ? answer.json() : answer.text();
}

/** Shows what is wrong with the search, the summary or the suppression list. An empty text removes that notice. */
function notice(about, text) {
  notices[about] = text;
  $("notice").textContent = Object.values(notices).filter(each => each).join(" ");
  $("notice").hidden = !$("notice").textContent;
}

/** @param columns each is [heading, function of a row that gives the cell, CSS class] */
function table(id, columns, rows) {
  const body = rows.map(row => element("tr", {}, ...columns.map(([, value, style]) => {
    const cell = value(row);
    return element("td", style ? { class: style } : {}, cell === null || cell === undefined ? "" : cell);
  })));
  $(id).replaceChildren(
    element("thead", {}, element("tr", {}, ...columns.map(([heading, , style]) =>
      element("th", style === "number" ? { scope: "col", class: style } : { scope: "col" }, heading)))),
    element("tbody", {}, ...(rows.length ? body : [element("tr", {}, element("td", { colspan: columns.length }, words.none))])));
}

/** A link that searches for an address or a Message-ID, or null when that was removed as personal data. */
function link(text) {
  if (!text) {
    return null;
  }
  const made = element("button", { type: "button", class: "link" }, text);
  made.addEventListener("click", () => { location.hash = encodeURIComponent(text); });
  return made;
}

function chart(id, config, label) {
  charts[id]?.destroy();
  const style = getComputedStyle(document.documentElement);
  Chart.defaults.color = style.getPropertyValue("--quiet");
  Chart.defaults.borderColor = style.getPropertyValue("--line");
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  charts[id] = new Chart($(id), config);
  $(id).setAttribute("aria-label", label);
}

/** The bars of the chart: hours for up to two days, otherwise days in the time zone of the reader. */
function slots() {
  const byHour = Number($("hours").value) <= 48;
  const size = byHour ? { month: "numeric", day: "numeric", hour: "numeric", minute: "2-digit" } : { month: "numeric", day: "numeric" };
  const made = new Map();
  const slot = at => {
    const label = time(at, size);
    const key = byHour ? new Date(at).getTime() : label; // when summer time ends, two hours have the same label
    return made.get(key) || made.set(key, { label, events: {} }).get(key);
  };
  // events are counted by hours of UTC, which begin at half past in India
  for (let at = new Date(summary.since).setUTCMinutes(0, 0, 0); at <= Date.now(); at += 3_600_000) {
    slot(at);
  }
  summary.hours.forEach(hour => {
    const events = slot(hour.hour).events;
    Object.entries(hour.events).forEach(([status, count]) => { events[status] = (events[status] || 0) + count; });
  });
  return [...made.values()];
}

function showSummary() {
  const over = slots();
  const shown = STATUSES.filter(status => status !== "other" || over.some(slot => slot.events.other));
  const totals = shown.map(status => [status, over.reduce((sum, slot) => sum + (slot.events[status] || 0), 0)]);
  const told = totals.map(([status, sum]) => `${words.status[status]} ${number(sum)}`).join(", ");
  $("totals").replaceChildren(...totals.map(([status, sum]) =>
    element("li", {}, element("strong", {}, number(sum)), words.status[status])));
  chart("time-chart", {
    type: "bar",
    data: {
      labels: over.map(slot => slot.label),
      datasets: shown.map(status => ({
        label: words.status[status], backgroundColor: COLOURS[status], data: over.map(slot => slot.events[status] || 0),
      })),
    },
    options: {
      scales: {
        x: { stacked: true, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
        y: { stacked: true, beginAtZero: true, ticks: { precision: 0 } },
      },
      plugins: { legend: { position: "bottom" } },
    },
  }, words.chartOf(words.overTime, told));
  table("time-table", [[words.hour, slot => slot.label, "time"],
    ...shown.map(status => [words.status[status], slot => number(slot.events[status] || 0), "number"])],
    over.filter(slot => Object.keys(slot.events).length).reverse());

  const causes = summary.causes;
  chart("causes-chart", {
    type: "bar",
    data: {
      labels: causes.map(one => cause(one.code)),
      datasets: [{ label: words.bounces, backgroundColor: COLOURS.bounced, data: causes.map(one => one.bounces) }],
    },
    options: { indexAxis: "y", scales: { x: { beginAtZero: true, ticks: { precision: 0 } } }, plugins: { legend: { display: false } } },
  }, words.chartOf(words.causes, causes.map(one => `${cause(one.code)} ${number(one.bounces)}`).join(", ")));
  table("causes-table", [[words.cause, one => cause(one.code)], [words.bounces, one => number(one.bounces), "number"]], causes);
  table("domains-table", [[words.domain, one => one.domain], [words.mainCause, one => cause(one.code)],
    [words.addresses, one => number(one.addresses), "number"], [words.bounces, one => number(one.bounces), "number"]], summary.domains);
  table("incidents-table", [[words.audience, one => one.audience, "word"], [words.opened, one => time(one.openedAt, TO_THE_MINUTE), "time"],
    [words.last, one => time(one.lastBounceAt, TO_THE_MINUTE), "time"],
    [words.mails, one => number(one.mails), "number"]], summary.incidents);
  table("latest-table", [[words.when, one => time(when(one)), "time"], [words.address, one => link(one.recipient)],
    [words.cause, one => cause(one.code)], [words.reason, one => one.reason, "reason"], [words.subject, one => one.subject]],
    summary.latestBounces.slice().sort((a, b) => inOrder(b, a)));
  const figures = summary.pipeline.figures;
  $("pipeline-since").textContent = words.since(time(summary.pipeline.started));
  table("pipeline-table", [[words.figure, ([name]) => words.pipelineNames[name]],
    [words.value, ([name, value]) => name.endsWith(".age") ? duration(value) : number(value), "number"]],
    Object.keys(words.pipelineNames).filter(name => name in figures).map(name => [name, figures[name]]));
  $("updated").textContent = words.updated(time(Date.now()));
  notice("summary", [summary.database === "down" ? words.down : "", ...summary.failingRoutes.map(one =>
    words.failing(one.route, one.place, time(one.since, TO_THE_MINUTE), number(one.webhooks))),
    ...summary.notActivated.map(words.notActivated), ...summary.pleaseCheck.map(words.pleaseCheck)].join(" ").trim());
}

function showSuppressions() {
  if (suppressions) {
    table("suppressions-table", [[words.address, one => link(one.recipient)], [words.cause, one => cause(one.code)],
      [words.reason, one => one.reason, "reason"], [words.first, one => time(one.firstBouncedAt), "time"],
      [words.last, one => time(one.lastBouncedAt), "time"], [words.bounces, one => number(one.bounces), "number"]], suppressions);
  }
}

/** Where a change is decided. */
function placeOfChange(change) {
  const branch = change.branch === null ? null : words.inBranch(change.branch, change.branchLine);
  return change.at === null ? null : element("p", { class: "quiet" }, [change.at, branch].filter(part => part).join(" – "));
}

function examples(change) {
  const name = `examples-${difference.changes.indexOf(change)}`;
  const shown = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": words.examples },
    element("table", { id: name }));
  return element("details", {}, element("summary", {}, words.examplesOf(change.examples.length, change.events)), shown);
}

/** An audience or a kind is short. A message may be long. */
const styleOf = change => ["audience", "kind"].includes(change.what) ? "word" : undefined;

/** Shows what the drafts would change. A change is one line, and its events are behind it. */
function showDifference() {
  $("difference").hidden = !difference;
  if (!difference) {
    return;
  }
  const notes = [[difference.differByThemselves, words.differByThemselves], [difference.notKnown, words.notKnown],
    [difference.notComparable, words.notComparable]].filter(([events]) => events).map(([events, word]) => word(number(events)));
  const mails = difference.mails;
  const rate = count => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(count / mails.hours);
  $("difference").replaceChildren(
    element("p", {}, element("strong", {}, words.tried(number(difference.events), number(difference.changed))), " ",
      words.nothingSent),
    ...difference.changes.map(change => element("article", { class: "change" },
      element("h3", {}, words.change[change.what](change, number(change.events), number(change.messages || 0))),
      placeOfChange(change), examples(change))),
    ...(mails && Object.keys(mails.audiences).length
      ? [element("p", {}, words.mailsAnHour(rate(mails.all.before), rate(mails.all.after)))] : []),
    ...(difference.stopped === null ? [] : [element("p", { class: "wait" }, words.stopped)]),
    ...difference.failedTests.map(test => element("p", { class: "bad" }, words.testFails(test))),
    ...difference.warnings.map(warning => element("p", { class: "wait" }, words.pleaseCheck(warning))),
    ...notes.map(note => element("p", {}, note)));
  difference.changes.forEach((change, index) => table(`examples-${index}`, [
    [words.address, one => link(one.recipient)], ["Message-ID", one => link(one.messageId)],
    [words.status_, one => `${one.eventType} ${one.status || ""}`], [words.reason, one => one.reason, "reason"],
    [words.before, one => one.before || "–", styleOf(change)], [words.after, one => one.after || "–", styleOf(change)]],
    change.examples));
}

function showDrafts() {
  $("drafts").hidden = !drafts.length;
  $("drafts-list").replaceChildren(...drafts.map(draft =>
    element("li", {}, draft.path, ` (${draft.replaces ? words.draftEdits : words.draftIsNew})`)));
  showDifference();
}

async function tryDrafts() {
  $("try").disabled = true;
  $("try-status").textContent = words.trying;
  try {
    difference = await ask("/api/try", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    showDifference();
    $("difference").focus();
  } finally {
    $("try").disabled = false;
    $("try-status").textContent = "";
  }
}

function event(one) {
  const bounce = one.eventType === "bounces";
  const status = bounce ? "bounced" : one.eventType === "deliveries" && STATUSES.includes(one.status) ? one.status : "other";
  const what = bounce ? `${words.step.bounced}: ${cause(one.status)}` : words.step[status] || `${one.eventType} ${one.status || ""}`;
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
  const outcome = events.map(each => each.outcome).find(each => each) || "other";
  return element("article", { class: "message" },
    element("h3", {}, one.subject || events.map(each => each.subject).find(each => each) || words.noSubject),
    element("p", { class: "quiet" }, link(one.recipient), one.sender ? ` ← ${one.sender} ` : " ", link(one.messageId)),
    element("p", {}, element("span", { class: known(MOOD, outcome) || "" }, known(words.outcome, outcome) || outcome,
      bounce && outcome === "bounced" ? `: ${cause(bounce.status)}` : "")),
    element("ol", {}, ...events.slice().sort(inOrder).map(event)), routeTests(events.slice().sort(inOrder)));
}

/** Shows the messages that were found, the newest first. */
function showFound() {
  $("found").hidden = !found;
  $("overview").hidden = Boolean(found);
  document.title = found ? `${found.query} – Mail Events` : "Mail Events";
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

/** @param isWelcome whether the page may be refreshed; it is asked before the request and again after it */
async function renew(isWelcome = () => true) {
  const [newest, listed] = isWelcome() ? await Promise.all([ask(`/api/summary?hours=${$("hours").value}`), ask("/api/drafts")]) : [];
  if (newest && isWelcome()) {
    summary = newest;
    showSummary();
    if (JSON.stringify(listed) !== JSON.stringify(drafts)) {
      drafts = listed || [];
      difference = null; // it was about other drafts
      showDrafts();
    }
  }
}

/** A refresh must not replace a table that has the focus, or text that the user has selected. */
const mayRenew = () => $("renews").checked && !document.hidden && !document.activeElement.closest("table") && getSelection().isCollapsed;

/** Runs an action. When it fails, a notice says so. */
const guarded = (about, action) => () => action().catch(failure => notice(about, words.failed(failure.message)));

function speak() {
  words = WORDS[language];
  document.documentElement.lang = language;
  $("language").value = language;
  document.querySelectorAll("[data-word]").forEach(each => { each.textContent = words[each.dataset.word]; });
  if (summary) {
    showSummary();
  }
  showSuppressions();
  showDrafts();
  showFound();
  if (routes) {
    showRoutes(routes);
  }
}

/** The server counts the events for it, so it is not renewed as often as the summary. */
async function loadRoutes() {
  routes = await ask("/api/routes");
  notice("routes", "");
  showRoutes(routes);
}

$("search").addEventListener("submit", submitted => {
  submitted.preventDefault();
  const hash = `#${encodeURIComponent($("query").value.trim())}`;
  if (location.hash === hash) {
    guarded("search", search)();
  }
  location.hash = hash;
});
$("leave").addEventListener("click", () => {
  $("query").value = "";
  location.hash = "";
  $("query").focus();
});
$("language").addEventListener("change", () => {
  language = $("language").value;
  localStorage.setItem("language", language);
  speak();
});
$("hours").addEventListener("change", guarded("summary", renew));
$("show-suppressions").addEventListener("click", guarded("suppressions", async () => {
  suppressions = await ask("/api/suppressions");
  notice("suppressions", "");
  showSuppressions();
}));
$("try").addEventListener("click", () => tryDrafts().catch(failure => { $("try-status").textContent = failure.message; }));
// the browser's own way would replace the text behind the #, which is the search
$("skip").addEventListener("click", clicked => {
  clicked.preventDefault();
  $("main").focus();
});
window.addEventListener("hashchange", guarded("search", search));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => summary && showSummary());
new ResizeObserver(() => routes && showRoutes(routes)).observe($("routes-drawing"));
setInterval(guarded("summary", () => renew(mayRenew)), RENEW_MILLISECONDS);
speak();
guarded("search", search)();
guarded("summary", renew)().then(guarded("routes", loadRoutes));
