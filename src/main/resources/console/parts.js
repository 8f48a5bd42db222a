/** What all views use: elements, tables, numbers and times, and requests. */
import { language, words } from "./words.js";

export const TO_THE_MINUTE = { dateStyle: "short", timeStyle: "short" };

export const $ = id => document.getElementById(id);

/** Makes an element. Its content is text or other elements, never HTML, so that no text of a mail is run as HTML. */
export function element(name, attributes, ...content) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...content.filter(part => part !== null && part !== undefined));
  return made;
}

export const when = one => one.occurredAt || one.receivedAt;
const HOUR_MILLISECONDS = 3_600_000;
/** Whether an event names a time that was more than an hour in the future when it was received, so its time is wrong. */
export const isFuture = one => new Date(when(one)) - new Date(one.receivedAt) > HOUR_MILLISECONDS;
export const number = value => new Intl.NumberFormat(language).format(value);
/** @param share from 0 to 1 */
export const percent = share => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);
export const time = (text, options = { dateStyle: "medium", timeStyle: "medium" }) =>
  text ? new Intl.DateTimeFormat(language, options).format(new Date(text)) : "";
export const minute = text => time(text, TO_THE_MINUTE);
/** All times of the page are in the time zone of the reader's device. */
export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
/** Looks a word up. A caller of the webhook may have chosen the word, for instance `constructor`. */
export const known = (of, word) => Object.hasOwn(of, word) ? of[word] : undefined;

export function duration(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => seconds >= length) || units[3];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(Math.floor(seconds / size));
}

/** The word with which a problem and the health of the summary say that the database cannot be reached. */
export const DATABASE_DOWN = "database-down";

/** Why a request brought nothing. The API's own text is English, so only what it says about the
 * user's own input (statuses 400 and 422) is shown as it is. */
export class Failure extends Error {
  /**
   * @param status the HTTP status, or 0 if there was no answer
   * @param what the fixed word of the problem, if it has one
   */
  constructor(status, detail, what) {
    super(detail || String(status));
    this.status = status;
    this.detail = detail;
    this.what = what;
  }

  /** What a reader is told, in the language of the page. */
  get text() {
    switch (this.status) {
      case 0: return words.problem.unreachable;
      case 503: return this.what === DATABASE_DOWN ? words.problem.down : words.problem.busy; // the API answers few requests at a time
      case 400:
      case 422: return this.detail || words.problem.other(this.status);
      default: return words.problem.other(this.status);
    }
  }
}

/** What a reader is told about an error, in the language of the page. */
export const problemOf = error => error instanceof Failure ? error.text : words.problem.other(error.message);

/** The answer of the API, or null for a 404. @throws Failure for any other status that is not a success, and without an answer */
export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { Accept: "application/json", ...options.headers } })
    .catch(() => { throw new Failure(0); });
  if (answer.status === 404) {
    return null;
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Failure(answer.status, problem.detail, problem.what);
  }
  return answer.headers.get("Content-Type").includes("json") ? answer.json() : answer.text();
}

/** Shows something above all views, for instance what is wrong with Mail Events. An empty text removes it. */
export function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

/** Runs an action of a button or a form. When it fails, a notice says so. */
export const guarded = action => () => action().then(() => notice(""), failure => notice(problemOf(failure)));

/**
 * Fills a table. On a phone, a row becomes a card, and each cell shows its heading.
 *
 * @param columns each is [heading, function of a row that gives the cell or its lines, CSS class]
 * @param none what to show without rows
 */
export function table(id, columns, rows, none = words.none) {
  const body = rows.map(row => element("tr", {}, ...columns.map(([heading, value, style]) => {
    const cell = value(row);
    const lines = Array.isArray(cell) ? cell.filter(line => line).map(line => element("div", {}, line)) : [cell];
    return element("td", { "data-label": heading, ...(style ? { class: style } : {}) }, ...lines);
  })));
  $(id).replaceChildren(
    element("thead", {}, element("tr", {}, ...columns.map(([heading, , style]) =>
      element("th", style === "number" ? { scope: "col", class: style } : { scope: "col" }, heading)))),
    element("tbody", {}, ...(rows.length ? body : [element("tr", {}, element("td", { colspan: columns.length }, none))])));
}

/** The hash of the URL for a view, with those of the parameters that have a value. No browser sends a hash to a server. */
export function hashOf(view, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return `#${view}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

/** The text of an address or a Message-ID, which a line may break after an at sign or a dot. */
export const breakable = text => text.split(/(?<=[@.])/).flatMap(part => [part, element("wbr", {})]).slice(0, -1);
/** A link that searches for a text, or null when that was removed as personal data. */
export const link = text => text ? element("a", { href: hashOf("events", { text }) }, ...breakable(text)) : null;
