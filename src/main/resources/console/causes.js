/** The causes of bounces. All their names and texts, and those of the vendor's codes, come from GET /api/causes. */
import { ask, element, known } from "./parts.js";
import { language, words } from "./words.js";

let causeTable = { causes: {}, codes: {} };

/** Loads the table again, because a team may have edited it. */
export async function loadCauses() {
  causeTable = await ask("/api/causes") || causeTable; // an older folder of routes has no such answer
}

/** The ids of all causes. */
export const causes = () => Object.keys(causeTable.causes);

/** Whether all causes have texts in the language of the page. A team may not have translated a cause of its own. */
export const isTranslated = () => Object.values(causeTable.causes).every(cause => cause.texts[language]);

/** The texts in the language of the page, or in any language if a team has not translated them. */
export const inLanguage = texts => texts[language] || Object.values(texts)[0];
/** A cause that the table does not have, or null, counts as unknown. */
export const textsOf = cause => inLanguage((known(causeTable.causes, cause) || causeTable.causes.unknown).texts);
export const nameOfCode = code => inLanguage((known(causeTable.codes, code) || causeTable.codes.unknown).names);

/** The name of a cause, with the vendor's code beside it. */
export const causeName = (cause, code) => code ? `${textsOf(cause).name} (${code})` : textsOf(cause).name;
export const deadOrNot = one => element("span", one.dead ? { class: "bad" } : {}, words.yesNo[Boolean(one.dead)]);

export const descriptions = lines => element("dl", { class: "what" },
  ...lines.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));

export function whatToDo(texts) {
  return descriptions([[words.whatHappened, texts.text], [words.whatToDo, texts.action], [words.sendAgain, texts.again]]);
}

/** The name of a cause, which opens to its texts. */
export function causeOf(cause, code) {
  return element("details", { class: "cause" }, element("summary", {}, causeName(cause, code)), whatToDo(textsOf(cause)),
    code ? element("p", { class: "quiet" }, words.vendorsCode(code, nameOfCode(code))) : null);
}
