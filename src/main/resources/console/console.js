/** Starts the page: registers its views, and connects what is there in all of them. */
import { aside } from "./aside.js";
import { events } from "./events.js";
import { explain } from "./explain.js";
import { incident, incidents } from "./incidents.js";
import { overview } from "./overview.js";
import { message } from "./message.js";
import { $, hashOf, notice } from "./parts.js";
import { proof } from "./proof.js";
import { routes } from "./routes.js";
import { suppressions } from "./suppressions.js";
import { open, register, renew, show } from "./views.js";
import { choose, language, words } from "./words.js";

const RENEW_MILLISECONDS = 30_000;

/** A refresh must not replace what has the focus, what is open, or text that the user has selected. */
const mayRenew = () => $("renews").checked && !document.hidden && !document.activeElement.closest("table, .timeline")
  && !document.querySelector("[data-view]:not([hidden]) :is(table, .timeline) details[open]") && getSelection().isCollapsed;

/** A word may be one of several of a name, as in `status.queued`. */
const wordOf = path => path.split(".").reduce((of, name) => of[name], words);

function speak() {
  document.documentElement.lang = language;
  $("language").value = language;
  document.querySelectorAll("[data-word]").forEach(each => { each.textContent = wordOf(each.dataset.word); });
  document.querySelectorAll("[data-title]").forEach(each => { each.textContent = words.views[each.dataset.title]; });
  document.querySelectorAll("[data-label-word]").forEach(each => each.setAttribute("aria-label", words[each.dataset.labelWord]));
}

register(overview, events, message, incidents, incident, proof, suppressions, explain, routes, aside);

$("search").addEventListener("submit", submitted => {
  submitted.preventDefault();
  const hash = hashOf("events", { text: $("query").value.trim() });
  if (location.hash === hash) {
    open(true);
  }
  location.hash = hash;
});
$("language").addEventListener("change", () => {
  choose($("language").value);
  speak();
  show();
});
// the browser's own way would replace the hash, which names the view
$("skip").addEventListener("click", clicked => {
  clicked.preventDefault();
  $("main").focus();
});
window.addEventListener("hashchange", () => {
  notice("");
  open(true);
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
setInterval(() => renew(mayRenew), RENEW_MILLISECONDS);
speak();
open(false);
