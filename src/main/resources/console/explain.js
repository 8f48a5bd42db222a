/** A box into which the user pastes the reply of a receiving server, to learn its cause. */
import "./words-explain.js";
import { deadOrNot, descriptions, inLanguage, textsOf, whatToDo } from "./causes.js";
import { $, ask, element, guarded } from "./parts.js";
import { words } from "./words.js";

let explained = null;

function showExplanation() {
  $("explanation").hidden = !explained;
  if (!explained) {
    return;
  }
  const rule = explained.rule;
  const lines = [[words.cause, `${textsOf(explained.cause).name} (${explained.cause})`], [words.dead, deadOrNot(explained)],
    ...(explained.or ? [[words.orElse, words.ambiguous(textsOf(explained.or).name)]] : []),
    [words.because, rule ? element("span", { lang: "en" }, rule.reason) : words.withoutRule[explained.sureness]],
    ...(rule ? [[words.rule, `bounce-rules.json:${rule.line}`], [words.source, rule.source]] : []),
    ...(rule && rule.removal ? [[words.removal, rule.removal]] : [])];
  $("explanation").replaceChildren(
    descriptions(lines), whatToDo(inLanguage(explained.texts)),
    ...(explained.contradicts ? [element("p", { class: "wait" }, words.contradicts)] : []));
}

async function askForCause() {
  const asked = { reply: $("reply").value, to: $("reply-to").value.trim(), code: $("reply-code").value.trim() };
  explained = await ask("/api/explain", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
  showExplanation();
}

$("explain").addEventListener("submit", submitted => {
  submitted.preventDefault();
  guarded(askForCause)();
});

export const explain = {
  name: "explain",
  load: async () => null, // nothing is asked for until the user asks
  draw: showExplanation,
};
