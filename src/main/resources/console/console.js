"use strict";

const RENEW_MILLISECONDS = 30_000;

let routes = null;

/** @param isWelcome whether the page may be refreshed; it is asked before the request and again after it */
async function renew(isWelcome = () => true) {
  const [newest, listed, renamed] = isWelcome()
    ? await Promise.all([ask(`/api/summary?hours=${$("hours").value}`), ask("/api/drafts"), loadCauses()]) : [];
  if (newest && isWelcome()) {
    summary = newest;
    if (renamed) {
      showSuppressions();
      showExplanation();
      showFound();
    }
    showSummary();
    if (JSON.stringify(listed) !== JSON.stringify(drafts)) {
      drafts = listed || [];
      difference = null; // it was about other drafts
      showDrafts();
    }
  }
}

/** A refresh must not replace a table that has the focus, an explanation that is open in it, or text that the user has selected. */
const mayRenew = () => $("renews").checked && !document.hidden && !document.activeElement.closest("table")
  && !document.querySelector("table details[open]") && getSelection().isCollapsed;

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
  showExplanation();
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
["leave", "leave-incident"].forEach(leave => $(leave).addEventListener("click", () => {
  $("query").value = "";
  location.hash = "";
  $("query").focus();
}));
$("show-incidents").addEventListener("click", guarded("incidents", loadIncidents));
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
$("explain").addEventListener("submit", submitted => {
  submitted.preventDefault();
  guarded("explain", explain)();
});
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
guarded("causes", loadCauses)().then(() => Promise.all([guarded("search", search)(), guarded("summary", renew)()]))
  .then(guarded("routes", loadRoutes));
