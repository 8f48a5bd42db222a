/** The drafts of routes, and what they would change. */
import { $, ask, element, link, number, problemOf, table } from "./parts.js";
import { language, words } from "./words.js";

let drafts = [];
let difference = null;

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

export function showDrafts(listed) {
  if (JSON.stringify(listed) !== JSON.stringify(drafts)) {
    drafts = listed;
    difference = null; // it was about other drafts
  }
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

$("try").addEventListener("click", () => tryDrafts().catch(failure => { $("try-status").textContent = problemOf(failure); }));
