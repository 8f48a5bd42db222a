"use strict";

/** The causes of bounces. All their names and texts, and those of the vendor's codes, come from GET /api/causes. */
let causeTable = { causes: {}, codes: {} };
let explained = null;

/** Loads the table again. @return whether it has changed since */
async function loadCauses() {
  const newest = await ask("/api/causes") || causeTable; // an older folder of routes has no such answer
  const changed = JSON.stringify(newest) !== JSON.stringify(causeTable);
  causeTable = newest;
  return changed;
}

/** The texts in the language of the page, or in any language if a team has not translated them. */
const inLanguage = texts => texts[language] || Object.values(texts)[0];
/** A cause that the table does not have, or null, counts as unknown. */
const textsOf = cause => inLanguage((known(causeTable.causes, cause) || causeTable.causes.unknown).texts);
const nameOfCode = code => inLanguage((known(causeTable.codes, code) || causeTable.codes.unknown).names);

/** The name of a cause, with the vendor's code beside it. */
const causeName = (cause, code) => code ? `${textsOf(cause).name} (${code})` : textsOf(cause).name;
const deadOrNot = one => element("span", one.dead ? { class: "bad" } : {}, words.yesNo[Boolean(one.dead)]);

const descriptions = lines => element("dl", { class: "what" },
  ...lines.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));

function whatToDo(texts) {
  return descriptions([[words.whatHappened, texts.text], [words.whatToDo, texts.action], [words.sendAgain, texts.again]]);
}

/** The name of a cause, which opens to its texts. */
function causeOf(cause, code) {
  return element("details", { class: "cause" }, element("summary", {}, causeName(cause, code)), whatToDo(textsOf(cause)),
    code ? element("p", { class: "quiet" }, words.vendorsCode(code, nameOfCode(code))) : null);
}

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

async function explain() {
  const asked = { reply: $("reply").value, to: $("reply-to").value.trim(), code: $("reply-code").value.trim() };
  explained = await ask("/api/explain", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
  notice("explain", "");
  showExplanation();
}
