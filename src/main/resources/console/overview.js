/** The overview: is mail arriving, where is it failing, and is Mail Events itself well? */
import "./words-overview.js";
import { causeOf, deadOrNot, textsOf } from "./causes.js";
import { showEmpty, showHealth } from "./health.js";
import { STATUSES, inOrder } from "./history.js";
import { incidentsTable } from "./incidents.js";
import { subjectLink } from "./message.js";
import { $, DATABASE_DOWN, Failure, ask, duration, element, hashOf, link, minute, number, percent, table, time, when } from "./parts.js";
import { words } from "./words.js";

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
  new Chart($(id), config(name => style.getPropertyValue(name)));
  $(id).setAttribute("aria-label", label);
}

/** The points of the chart: hours for up to two days, otherwise days in the time zone of the reader. */
function slots(summary, hours) {
  const byHour = hours <= 48;
  const size = byHour ? { month: "numeric", day: "numeric", hour: "numeric", minute: "2-digit" } : { month: "numeric", day: "numeric" };
  const made = new Map();
  const slot = at => {
    const label = time(at, size);
    const key = byHour ? new Date(at).getTime() : label; // when summer time ends, two hours have the same label
    return made.get(key) || made.set(key, { label, events: {}, finished: 0, usual: { finished: 0, delivered: 0 } }).get(key);
  };
  // events are counted by hours of UTC, which begin at half past in India
  for (let at = new Date(summary.since).getTime(); at <= Date.now(); at += 3_600_000) {
    slot(at);
  }
  summary.hours.forEach(hour => {
    const { events, usual } = slot(hour.hour);
    slot(hour.hour).finished += hour.finished;
    Object.entries(hour.events).forEach(([status, count]) => { events[status] = (events[status] || 0) + count; });
    if (hour.usual) {
      usual.finished += hour.usual.finished;
      usual.delivered += hour.usual.finished * hour.usual.share;
    }
  });
  return [...made.values()];
}

const sum = (values, value) => values.reduce((total, one) => total + value(one), 0);
/** The share that was delivered, or null if no message was finished. */
const shareOf = slot => slot.finished ? (slot.events.succeeded || 0) / slot.finished : null;
const usualShareOf = slot => slot.usual.finished ? slot.usual.delivered / slot.usual.finished : null;
const percentOr = share => share === null ? "–" : percent(share);

/** Is mail arriving? The share of the finished messages that was delivered, beside the usual share, and how many were finished. */
function showArriving(summary, hours) {
  const over = slots(summary, hours);
  const all = { finished: sum(over, one => one.finished), events: { succeeded: sum(over, one => one.events.succeeded || 0) },
    usual: { finished: sum(over, one => one.usual.finished), delivered: sum(over, one => one.usual.delivered) } };
  // the sum of what is usual can only be compared if it is known of every hour
  const isUsualKnown = summary.hours.every(hour => hour.usual) && usualShareOf(all) !== null;
  const shown = STATUSES.filter(status => status !== "other" || over.some(slot => slot.events.other));
  const totals = shown.map(status => [words.status[status], number(sum(over, slot => slot.events[status] || 0))]);
  $("share").textContent = all.finished ? words.shareOfAll(percent(shareOf(all)), number(all.finished),
    isUsualKnown ? percent(usualShareOf(all)) : null, number(Math.round(all.usual.finished))) : words.noneFinished;
  $("totals").replaceChildren(...totals.map(([status, count]) => element("li", {}, element("strong", {}, count), status)));
  const line = (label, share, colour, more) => ({ type: "line", label, data: over.map(slot => share(slot) === null ? null
    : 100 * share(slot)), borderColor: colour, backgroundColor: colour, yAxisID: "share", pointRadius: 2, spanGaps: true, ...more });
  chart("time-chart", colour => ({
    data: {
      labels: over.map(slot => slot.label),
      datasets: [
        line(words.share, shareOf, colour("--good"), {}),
        line(words.usualShare, usualShareOf, colour("--quiet"), { borderDash: [5, 4], pointRadius: 0 }),
        { type: "bar", label: words.finished, data: over.map(slot => slot.finished), backgroundColor: colour("--line"),
          yAxisID: "finished" },
      ],
    },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { ticks: { maxRotation: 0, autoSkipPadding: 16 } },
        share: { position: "left", suggestedMin: 80, max: 100, ticks: { callback: value => percent(value / 100) } },
        finished: { position: "right", beginAtZero: true, ticks: { precision: 0 }, grid: { drawOnChartArea: false } },
      },
      plugins: { legend: { position: "bottom" } },
    },
  }), words.chartOf(words.overTime, `${$("share").textContent} ${totals.map(total => total.join(" ")).join(words.comma)}`));
  table("time-table", [[words.hour, slot => slot.label, "time"], [words.finished, slot => number(slot.finished), "number"],
    [words.share, slot => percentOr(shareOf(slot)), "number"], [words.usualShare, slot => percentOr(usualShareOf(slot)), "number"],
    ...shown.map(status => [words.status[status], slot => number(slot.events[status] || 0), "number"])],
    over.filter(slot => Object.keys(slot.events).length || slot.usual.finished).reverse());
  const { earlier } = summary;
  $("clock").textContent = words.clock(minute(summary.since))
    + (earlier.events ? ` ${words.earlier(number(earlier.events), minute(earlier.newest))}` : "");
}

/** Where is it failing? Each destination and each cause leads to its mail. */
function showFailing(summary) {
  const bounced = (of, text) => element("a", { href: hashOf("events", { status: "bounced",
    happenedSince: summary.since, since: summary.since, ...of }) }, text);
  const { causes, domains } = summary;
  const drawn = causes.slice(0, DRAWN_CAUSES);
  chart("causes-chart", colour => ({
    type: "bar",
    data: {
      labels: drawn.map(one => textsOf(one.cause).name),
      datasets: [{ label: words.bounces, backgroundColor: colour("--bad"), data: drawn.map(one => one.bounces) }],
    },
    options: { indexAxis: "y", scales: { x: { beginAtZero: true, ticks: { precision: 0 } } }, plugins: { legend: { display: false } } },
  }), words.chartOf(words.causes, causes.map(one => `${textsOf(one.cause).name} ${number(one.bounces)}`).join(words.comma)));
  table("causes-table", [[words.cause, one => causeOf(one.cause)],
    [words.bounces, one => bounced({ cause: one.cause }, number(one.bounces)), "number"]], causes, words.nothingBounced);
  table("domains-table", [[words.domain, one => one.domain ? bounced({ domain: one.domain }, one.domain) : words.otherDomains],
    [words.bouncedShare, one => percent(one.bounces / one.finished), "number"],
    [words.bounces, one => number(one.bounces), "number"], [words.finished, one => number(one.finished), "number"],
    [words.mainCause, one => causeOf(one.cause)]], domains, words.nothingBounced);
}

function showRest(summary) {
  incidentsTable("open-incidents-table", summary.incidents);
  $("untold").textContent = summary.untold.length ? words.untold(summary.untold.map(one =>
    words.untoldOf(number(one.bounces), one.audience, minute(one.since))).join(words.comma)) : "";
  table("latest-table", [[words.when, one => time(when(one)), "time"], [words.address, one => link(one.recipient)],
    [words.cause, one => causeOf(one.cause, one.code)], [words.dead, deadOrNot, "word"], [words.reason, one => one.reason, "reason"],
    [words.subject, subjectLink]],
    summary.latestBounces.slice().sort((a, b) => inOrder(b, a)), words.nothingBounced);
  const figures = summary.pipeline.figures;
  $("pipeline-since").textContent = words.since(time(summary.pipeline.started));
  table("pipeline-table", [[words.figure, ([name]) => words.pipelineNames[name]],
    [words.value, ([name, value]) => name.endsWith(".age") ? duration(value) : number(value), "number"]],
    Object.keys(words.pipelineNames).filter(name => name in figures).map(name => [name, figures[name]]));
}

$("hours").addEventListener("change", () => { location.hash = hashOf("overview", { hours: $("hours").value }); });

/** Its parameter `hours` is the period. */
export const overview = {
  name: "overview",
  async load({ hours = 24 }) {
    newest = await ask(`/api/summary?hours=${encodeURIComponent(hours)}`);
    showHealth(newest);
    if (newest.database === "down") {
      throw new Failure(503, null, DATABASE_DOWN);
    }
    return newest;
  },
  draw(summary, { hours = 24 }) {
    $("hours").value = hours;
    showHealth(newest || summary);
    showEmpty(summary);
    showArriving(summary, Number(hours));
    showFailing(summary);
    showRest(summary);
  },
};
