/** The overview: charts, tables of bounces, and the status of Mail Events. */
import "./words-overview.js";
import { causeOf, deadOrNot, textsOf } from "./causes.js";
import { STATUSES, inOrder } from "./history.js";
import { incidentsTable } from "./incidents.js";
import { $, Failure, ask, duration, element, hashOf, known, link, minute, number, table, time, when } from "./parts.js";
import { words } from "./words.js";

const COLOURS = { queued: "#7d8590", succeeded: "#2e9e5b", deferred: "#d99a1c", failed: "#e0703a", bounced: "#c7362d", other: "#8a63c7" };
/** The chart has room for the names of so many causes. The table has all of them. */
const DRAWN_CAUSES = 10;

/** The newest answer, even if it says only that the database is down. */
let newest = null;

function chart(id, config, label) {
  Chart.getChart(id)?.destroy();
  const style = getComputedStyle(document.documentElement);
  Chart.defaults.color = style.getPropertyValue("--quiet");
  Chart.defaults.borderColor = style.getPropertyValue("--line");
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  new Chart($(id), config);
  $(id).setAttribute("aria-label", label);
}

/** The bars of the chart: hours for up to two days, otherwise days in the time zone of the reader. */
function slots(summary, hours) {
  const byHour = hours <= 48;
  const size = byHour ? { month: "numeric", day: "numeric", hour: "numeric", minute: "2-digit" } : { month: "numeric", day: "numeric" };
  const made = new Map();
  const slot = at => {
    const label = time(at, size);
    const key = byHour ? new Date(at).getTime() : label; // when summer time ends, two hours have the same label
    return made.get(key) || made.set(key, { label, events: {} }).get(key);
  };
  // events are counted by hours of UTC, which begin at half past in India
  for (let at = new Date(summary.since).setUTCMinutes(0, 0, 0); at <= Date.now(); at += 3_600_000) {
    slot(at);
  }
  summary.hours.forEach(hour => {
    const events = slot(hour.hour).events;
    Object.entries(hour.events).forEach(([status, count]) => { events[status] = (events[status] || 0) + count; });
  });
  return [...made.values()];
}

function showSummary(summary, hours) {
  const over = slots(summary, hours);
  const shown = STATUSES.filter(status => status !== "other" || over.some(slot => slot.events.other));
  const totals = shown.map(status => [status, over.reduce((sum, slot) => sum + (slot.events[status] || 0), 0)]);
  const told = totals.map(([status, sum]) => `${words.status[status]} ${number(sum)}`).join(", ");
  $("totals").replaceChildren(...totals.map(([status, sum]) =>
    element("li", {}, element("strong", {}, number(sum)), words.status[status])));
  chart("time-chart", {
    type: "bar",
    data: {
      labels: over.map(slot => slot.label),
      datasets: shown.map(status => ({
        label: words.status[status], backgroundColor: COLOURS[status], data: over.map(slot => slot.events[status] || 0),
      })),
    },
    options: {
      scales: {
        x: { stacked: true, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
        y: { stacked: true, beginAtZero: true, ticks: { precision: 0 } },
      },
      plugins: { legend: { position: "bottom" } },
    },
  }, words.chartOf(words.overTime, told));
  table("time-table", [[words.hour, slot => slot.label, "time"],
    ...shown.map(status => [words.status[status], slot => number(slot.events[status] || 0), "number"])],
    over.filter(slot => Object.keys(slot.events).length).reverse());

  const causes = summary.causes;
  const drawn = causes.slice(0, DRAWN_CAUSES);
  chart("causes-chart", {
    type: "bar",
    data: {
      labels: drawn.map(one => textsOf(one.cause).name),
      datasets: [{ label: words.bounces, backgroundColor: COLOURS.bounced, data: drawn.map(one => one.bounces) }],
    },
    options: { indexAxis: "y", scales: { x: { beginAtZero: true, ticks: { precision: 0 } } }, plugins: { legend: { display: false } } },
  }, words.chartOf(words.causes, causes.map(one => `${textsOf(one.cause).name} ${number(one.bounces)}`).join(", ")));
  table("causes-table", [[words.cause, one => causeOf(one.cause)], [words.bounces, one => number(one.bounces), "number"]], causes);
  table("domains-table", [[words.domain, one => one.domain], [words.mainCause, one => causeOf(one.cause)],
    [words.addresses, one => number(one.addresses), "number"], [words.bounces, one => number(one.bounces), "number"]], summary.domains);
  incidentsTable("open-incidents-table", summary.incidents);
  table("latest-table", [[words.when, one => time(when(one)), "time"], [words.address, one => link(one.recipient)],
    [words.cause, one => causeOf(one.cause, one.code)], [words.dead, deadOrNot, "word"], [words.reason, one => one.reason, "reason"],
    [words.subject, one => one.subject]],
    summary.latestBounces.slice().sort((a, b) => inOrder(b, a)));
  const figures = summary.pipeline.figures;
  $("pipeline-since").textContent = words.since(time(summary.pipeline.started));
  table("pipeline-table", [[words.figure, ([name]) => words.pipelineNames[name]],
    [words.value, ([name, value]) => name.endsWith(".age") ? duration(value) : number(value), "number"]],
    Object.keys(words.pipelineNames).filter(name => name in figures).map(name => [name, figures[name]]));
}

/** What is wrong with Mail Events itself. */
function showHealth() {
  const problems = newest ? [...newest.failingRoutes.map(one =>
    words.failing(one.route, one.place, minute(one.since), number(one.webhooks))),
  ...newest.notActivated.map(words.notActivated), ...newest.pleaseCheck.map(words.pleaseCheck),
  ...[known(words.timeIsWrong, newest.missing?.clock)].filter(Boolean)] : [];
  $("health").textContent = problems.join(" ");
  $("health").hidden = !problems.length;
}

$("hours").addEventListener("change", () => { location.hash = hashOf("overview", { hours: $("hours").value }); });

/** Its parameter `hours` is the period. */
export const overview = {
  name: "overview",
  async load({ hours = 24 }) {
    newest = await ask(`/api/summary?hours=${encodeURIComponent(hours)}`);
    showHealth();
    if (newest.database === "down") {
      throw new Failure(503);
    }
    return newest;
  },
  draw(summary, { hours = 24 }) {
    $("hours").value = hours;
    showHealth();
    showSummary(summary, Number(hours));
  },
};
