"use strict";

/** What all parts of the page use: elements, tables, numbers and times, requests, and notices. */
const TO_THE_MINUTE = { dateStyle: "short", timeStyle: "short" };

const $ = id => document.getElementById(id);
const notices = {};
let language = localStorage.getItem("language") || (navigator.language.startsWith("ja") ? "ja" : "en");
let words = WORDS[language];

/** Makes an element. Its content is text or other elements, never HTML, so that no text of a mail is run as HTML. */
function element(name, attributes, ...content) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...content.filter(part => part !== null && part !== undefined));
  return made;
}

const when = one => one.occurredAt || one.receivedAt;
const number = value => new Intl.NumberFormat(language).format(value);
const time = (text, options = { dateStyle: "medium", timeStyle: "medium" }) =>
  text ? new Intl.DateTimeFormat(language, options).format(new Date(text)) : "";
/** Looks a word up. A caller of the webhook may have chosen the word, for instance `constructor`. */
const known = (of, word) => Object.hasOwn(of, word) ? of[word] : undefined;

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

/** Runs an action. When it fails, a notice says so. */
const guarded = (about, action) => () => action().catch(failure => notice(about, words.failed(failure.message)));
