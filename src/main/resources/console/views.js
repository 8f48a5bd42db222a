/**
 * Shows one view at a time: the one that the hash of the URL names. What a view shows is never wrong:
 * - What the user asked for before does not stay while something else is loaded, nor when that fails.
 * - If what is shown cannot be loaded again, it stays, greyed, and the page says of which time it is.
 */
import { loadCauses } from "./causes.js";
import { $, problemOf, time, timeZone } from "./parts.js";
import { words } from "./words.js";

const views = new Map();
/** For each view what it showed last, so that "back" shows it at once. */
const states = new Map();
let current = null;

/**
 * A view is an object. Its section in index.html has the attribute data-view with its name, an h2, whose text is the title, and elements
 * of the class content, which are shown when there is something to show.
 * - name: as in the hash
 * - read(hash): optional; its parameters, if a hash of another form than `#name?a=1&b=2` names this view, or else null
 * - partOf: optional; the name of the view that the navigation marks instead of this one
 * - title(parameters, data): optional; the text of the h2, if it depends on them; data is undefined until it is loaded
 * - enter(parameters): optional; prepares the section when the user goes there, before anything is loaded
 * - load(parameters, soFar): a promise of its data; it may give unfinished data to soFar(), which returns whether the user still waits
 * - draw(data, parameters): fills the section; it is called again when the language changes
 */
export function register(...all) {
  all.forEach(view => views.set(view.name, view));
}

/** The view that a hash names, and its parameters. Text that names none is what to search for, as in old links. */
export function read(hash) {
  const text = hash.slice(1);
  const [, name, query] = text.match(/^([a-z]*)(?:\?(.*))?$/s) || [];
  if (views.has(name)) {
    return [views.get(name), Object.fromEntries(new URLSearchParams(query))];
  }
  if (!text) {
    return [views.get("overview"), {}];
  }
  for (const view of views.values()) {
    const parameters = view.read?.(text);
    if (parameters) {
      return [view, parameters];
    }
  }
  return [views.get("events"), { text: decoded(text) }];
}

function decoded(text) {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return text; // a single percent sign
  }
}

/** Shows what the hash names. @param byUser whether the user has just gone there, so that the focus belongs to its title */
export async function open(byUser) {
  const [view, parameters] = read(location.hash);
  const key = JSON.stringify(parameters);
  current = states.get(view.name);
  if (current?.key !== key) {
    current = { view, parameters, key, data: undefined, at: null, failure: null, isLoading: false };
    states.set(view.name, current);
  }
  view.enter?.(parameters);
  show();
  if (byUser) {
    scrollTo(0, 0);
    titleOf(view).focus({ preventScroll: true });
  }
  await load(current);
}

/** Loads what is shown once more. @param isWelcome is asked before the request and again after it */
export async function renew(isWelcome = () => true) {
  if (isWelcome() && !current.isLoading) {
    await load(current, isWelcome);
  }
}

async function load(state, isWelcome = () => true) {
  const isShown = () => state === current && isWelcome();
  const done = data => {
    if (isShown()) {
      Object.assign(state, { data, at: Date.now(), failure: null });
      show();
    }
    return isShown();
  };
  const isFirst = state.data === undefined;
  state.isLoading = true;
  try {
    await loadCauses(); // first, because drawing needs their names
    done(await state.view.load(state.parameters, data => isFirst ? done(data) : isShown()));
  } catch (failure) {
    if (isShown()) {
      state.failure = failure;
      show();
    }
  } finally {
    state.isLoading = false;
  }
}

const sectionOf = view => document.querySelector(`[data-view="${view.name}"]`);
const titleOf = view => sectionOf(view).querySelector("h2");

/** Shows the state of the view again, for instance in another language. */
export function show() {
  const { view, parameters, data, at, failure } = current;
  document.querySelectorAll("[data-view]").forEach(section => { section.hidden = section !== sectionOf(view); });
  document.querySelectorAll("nav a").forEach(each => {
    const [target] = read(each.hash);
    each.setAttribute("aria-current", target === view ? "page" : target.name === view.partOf);
  });
  const title = view.title?.(parameters, data) ?? words.views[view.name];
  titleOf(view).textContent = title;
  document.title = view.name === "overview" ? "Mail Events" : `${title} – Mail Events`;
  const isThere = data !== undefined;
  [...sectionOf(view).children].filter(part => part.matches(".content")).forEach(part => { part.hidden = !isThere; });
  sectionOf(view).classList.toggle("stale", isThere && Boolean(failure));
  $("problem").textContent = !failure ? "" : isThere ? words.lastKnown(problemOf(failure), time(at)) : problemOf(failure);
  $("problem").hidden = !failure;
  $("as-of").textContent = isThere ? words.asOf(time(at), timeZone()) : failure ? "" : words.loading;
  if (isThere) {
    view.draw(data, parameters);
  }
}
