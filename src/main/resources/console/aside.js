/** What was set aside: rejected events and quarantined webhooks, and how a user who has signed in sends them again. */
import "./words-aside.js";
import { $, ask, element, Failure, hashOf, minute, number, problemOf, table } from "./parts.js";
import { renew } from "./views.js";
import { words } from "./words.js";

/** What the user has typed and not yet sent, by the id of the event. A refresh or another language must not lose it. */
const drafts = new Map();
let token = null;

const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s"{}[\],:]+/gs;

/**
 * Puts each part of a JSON text on a line of its own. The text is not parsed, because JavaScript would change long numbers and drop keys
 * that repeat. A text that is no JSON object, such as a form, stays as it is.
 */
export function indented(json) {
  let depth = 0;
  let last = "";
  const line = () => `\n${"  ".repeat(Math.max(depth, 0))}`;
  return !json.trimStart().startsWith("{") ? json : [...json.matchAll(TOKEN)].map(([token]) => {
    const before = last;
    last = token;
    if ("}]".includes(token)) {
      depth -= 1;
      return ("{[".includes(before) ? "" : line()) + token;
    }
    const start = before === "" || before === ":" ? "" : "{[,".includes(before) ? line() : "{}[],:".includes(token) ? "" : " ";
    depth += "{[".includes(token) ? 1 : 0;
    return start + (token === ":" ? ": " : token);
  }).join("");
}

const say = text => { $("aside-status").textContent = text; };

/**
 * Posts what a button says, and shows the outcome. The list is loaded again only if something has changed, because that takes away the
 * focus.
 *
 * @param outcome what to tell of the answer; the answer is null for a 404
 * @param done what to do before the list is loaded again
 */
async function act(path, outcome, body, done = () => {}) {
  say(words.sendingAgain);
  try {
    const answer = await ask(`/api/aside/${path}`, { method: "POST", body,
      headers: { "X-Token": token, ...(body ? { "Content-Type": "application/json" } : {}) } });
    done();
    await renew();
    say(answer === null ? words.isGone : outcome(answer));
  } catch (failure) {
    say(problemOf(failure));
  }
}

const button = (word, action, attributes = {}) => {
  const made = element("button", { type: "button", ...attributes }, word);
  made.addEventListener("click", async () => {
    made.disabled = true;
    await action();
    made.disabled = false;
  });
  return made;
};

const sentAgain = receipt => words.sentAgain(number(receipt.stored), number(receipt.duplicates));

const sendAgain = (event, text) => act(`rejected/${event.rejectedId}`, sentAgain, text, () => drafts.delete(event.rejectedId));

/** The whole content. A list has only the beginning of a long one. */
async function contentOf(event) {
  const whole = event.complete ? event : await ask(`/api/aside/rejected/${event.rejectedId}`);
  if (whole === null) {
    throw new Failure(404);
  }
  return whole.payload;
}

/** The form in which an event is mended. It is filled when it is opened. */
function mending(event) {
  const text = element("textarea", { rows: "12", spellcheck: "false", "aria-label": words.mended, class: "payload" });
  const form = element("details", {}, element("summary", {}, words.mend), text,
    element("p", {}, button(words.send, () => sendAgain(event, text.value))));
  text.value = drafts.get(event.rejectedId) ?? "";
  text.addEventListener("input", () => drafts.set(event.rejectedId, text.value));
  form.open = drafts.has(event.rejectedId);
  form.addEventListener("toggle", () => {
    if (!form.open) {
      drafts.delete(event.rejectedId);
      text.value = "";
    } else if (!text.value) {
      contentOf(event).then(content => { text.value = indented(content); }, failure => say(problemOf(failure)));
    }
  });
  return form;
}

/** @param mayAct whether the user has signed in */
function rejectedCell(event, mayAct) {
  const shown = element("pre", { class: "payload", tabindex: "0" }, event.complete ? indented(event.payload) : `${event.payload}…`);
  const content = element("details", {}, element("summary", {}, words.payload), shown);
  return mayAct ? element("div", {}, content, mending(event),
    element("p", {}, button(words.asItWas, () => sendAgain(event), { class: "link" }))) : content;
}

function draw(aside, parameters) {
  token = aside.token;
  $("may-not-act").hidden = aside.mayAct;
  $("replaying").hidden = !aside.replaying;
  table("rejected-table", [[words.arrived, one => minute(one.receivedAt), "time"], [words.reason, one => one.reason],
    [words.payload, one => rejectedCell(one, aside.mayAct)]], aside.rejected, words.noneRejected);
  $("newest-rejected").hidden = !parameters.after;
  $("more-rejected").hidden = !aside.nextRejected;
  $("more-rejected").href = hashOf("aside", { after: aside.nextRejected });
  $("send-all").hidden = !aside.mayAct || !aside.rejected.length;
  const columns = [[words.arrived, one => minute(one.receivedAt), "time"], [words.reason, one => one.reason, "reason"],
    [words.webhook, one => one.name], [words.size, one => number(one.bytes), "number"]];
  const again = one => button(words.tryAgain, () => act(`failed/${encodeURIComponent(one.name)}`, triedAgain));
  table("failed-table", aside.mayAct ? [...columns, [words.tryAgain, again]] : columns, aside.failed, words.noneFailed);
  $("failed-sum").textContent = aside.failed.length < aside.failedTotal
    ? words.ofFailed(number(aside.failed.length), number(aside.failedTotal)) : "";
  $("try-all").hidden = !aside.mayAct || !aside.failed.length;
}

const triedAgain = answer => words.triedAgain(number(answer.webhooks));

$("send-all").addEventListener("click", () => act("rejected", answer => words.allSentAgain(number(answer.events))));
$("try-all").addEventListener("click", () => act("failed", triedAgain));

export const aside = {
  name: "aside",
  load: parameters => ask(`/api/aside${parameters.after ? `?${new URLSearchParams({ after: parameters.after })}` : ""}`),
  draw,
};
