/** Draws the routes as they run. Sizes are in CSS pixels. */
import "./words-routes.js";
import { showDrafts } from "./drafts.js";
import { $, ask, number, table } from "./parts.js";
import { words } from "./words.js";

const DRAWING = { title: 30, line: 18, padding: 8, gap: 14, way: 56, gutter: 26, letter: 7, narrow: 760, widest: 380 };

function shape(name, attributes, ...content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...content.filter(part => part));
  return made;
}

/** A condition without the signs that only Camel needs. */
const readable = condition => condition === "otherwise" ? words.otherwise : condition.replace(/\$\{(?:body\.)?([^}]*)\}/g, "$1");
/** What a branch or a route does with an event: whom it alerts and where it sends it. */
const effects = one => [one.audience, ...one.sendsTo, ...one.calls].filter(each => each);
const counted = events => events === null || events === undefined ? "" : number(events);
const isDraft = (view, route) => view.drafts.some(draft => route.file && route.file.endsWith(`/${draft}`));
const marks = (view, route) => [route.state === "active" ? null : words.state[route.state], isDraft(view, route) ? words.draft : null]
  .filter(mark => mark).join(words.comma);

/** The lines of a box below its title. A line has a text, the events at its right end, and the branch to which it belongs. */
function linesOf(route) {
  const more = (list, depth) => list.length ? [{ text: `→ ${list.join(", ")}`, quiet: true, depth }] : [];
  return [...route.branches.flatMap(branch => [
    { text: readable(branch.condition), events: branch.events, depth: branch.depth, sendsTo: branch.sendsTo,
      hint: `${route.file}:${branch.line} ${branch.condition}` },
    ...more(effects(branch), branch.depth + 1)]),
  ...more(route.branches.length || route.calls.length ? [...route.sendsTo, ...route.calls] : [], 0)];
}

/** The place of each box: on a wide page, the routes with the same distance from the entrance stand in a column. */
function layout(view, width) {
  const onTheWay = view.routes.filter(route => route.depth !== null);
  const drafts = view.drafts.filter(draft => !view.routes.some(route => route.file && route.file.endsWith(`/${draft}`)))
    .map(draft => ({ id: draft, state: "active", isDraft: true, branches: [], sendsTo: [], calls: [], events: null, file: null }));
  const beside = [...view.routes.filter(route => route.depth === null), ...drafts];
  const narrow = width < DRAWING.narrow;
  const columns = narrow ? 1 : Math.max(1, ...onTheWay.map(route => route.depth + 1));
  const boxWidth = narrow ? width - DRAWING.gutter
    : Math.min(DRAWING.widest, (width - DRAWING.way * (columns - 1)) / columns);
  const bottoms = new Array(columns).fill(0);
  const boxes = new Map();
  const put = (route, column) => {
    const lines = linesOf(route);
    const height = DRAWING.title + lines.length * DRAWING.line + (lines.length ? DRAWING.padding : 0);
    boxes.set(route.id, { route, lines, x: column * (boxWidth + DRAWING.way), y: bottoms[column], width: boxWidth, height });
    bottoms[column] += height + DRAWING.gap;
  };
  onTheWay.forEach(route => put(route, narrow ? 0 : route.depth));
  bottoms.fill(Math.max(...bottoms) + DRAWING.gap);
  beside.forEach(route => put(route, bottoms.indexOf(Math.min(...bottoms))));
  return { boxes, narrow, width: narrow ? width : columns * boxWidth + (columns - 1) * DRAWING.way, height: Math.max(...bottoms) };
}

const cut = (text, pixels) => {
  const letters = Math.floor(pixels / DRAWING.letter);
  return text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text;
};

/** The y of the middle of a line of a box; -1 is its title. */
const middle = (box, line) => box.y + (line < 0 ? DRAWING.title / 2 : DRAWING.title + line * DRAWING.line + DRAWING.line / 2);

function arrow(from, line, to, narrow, events) {
  const [x1, y1, y2] = [from.x + from.width, middle(from, line), middle(to, -1)];
  const x2 = narrow ? x1 : to.x;
  const bend = narrow ? DRAWING.gutter - 6 : (x2 - x1) / 2;
  return shape("path", { class: events === 0 ? "way idle" : "way", "marker-end": "url(#arrowhead)",
    d: `M${x1},${y1} C${x1 + bend},${y1} ${narrow ? x2 + bend : x2 - bend},${y2} ${narrow ? x2 + 3 : x2 - 3},${y2}` });
}

function arrows(drawing) {
  return [...drawing.boxes.values()].flatMap(box => [
    ...box.route.sendsTo.map(id => [id, -1, box.route.events]),
    ...box.lines.flatMap((line, index) => (line.sendsTo || []).map(id => [id, index, line.events]))]
    .filter(([id]) => drawing.boxes.has(id))
    .map(([id, line, events]) => arrow(box, line, drawing.boxes.get(id), drawing.narrow, events)));
}

function box(view, one) {
  const { route, lines } = one;
  const mark = route.isDraft ? words.draft : marks(view, route);
  const right = [mark, counted(route.events)].filter(part => part).join(" ");
  const inner = one.width - 2 * DRAWING.padding;
  const text = (x, y, content, style, end) => shape("text", { x, y, class: style, "dominant-baseline": "central",
    ...(end ? { "text-anchor": "end" } : {}) }, content);
  const start = one.x + DRAWING.padding;
  const end = one.x + one.width - DRAWING.padding;
  return shape("g", { class: `route ${route.isDraft ? "draft" : route.state}` },
    shape("title", {}, [route.id, route.description, route.file ? `${route.file}:${route.line}` : null, route.failure]
      .filter(part => part).join("\n")),
    shape("rect", { x: one.x + .5, y: one.y + .5, width: one.width - 1, height: one.height - 1, rx: 7 }),
    text(start, middle(one, -1), cut(route.id, inner - (right.length + 2) * DRAWING.letter), "name"),
    shape("text", { x: end, y: middle(one, -1), "dominant-baseline": "central", "text-anchor": "end" },
      mark ? shape("tspan", { class: "mark" }, mark) : null, ` ${counted(route.events)}`),
    ...lines.flatMap((line, index) => {
      const indent = line.depth * 12;
      const events = counted(line.events);
      return [shape("g", {}, line.hint ? shape("title", {}, line.hint) : null,
        text(start + indent, middle(one, index), cut(line.text, inner - indent - (events.length + 2) * DRAWING.letter),
          line.quiet ? "aside" : "")),
      text(end, middle(one, index), events, line.events ? "" : "aside", true)];
    }));
}

function showRoutes(view) {
  const target = $("routes-drawing");
  if (!target.clientWidth) {
    return; // it is drawn when the view is shown again
  }
  const drawing = layout(view, target.clientWidth);
  const sum = view.sample;
  $("routes-sum").textContent = [sum ? words.routesSum(number(sum.events), sum.complete) : words.notCounted, words.routesAre(view.revision)]
    .join(" ");
  const label = words.chartOf(words.routes, view.routes.map(route => `${route.id} ${counted(route.events)}`).join(", "));
  target.replaceChildren(shape("svg", { width: drawing.width, height: drawing.height,
    viewBox: `0 0 ${drawing.width} ${drawing.height}`, role: "img", "aria-label": label },
  shape("defs", {}, shape("marker", { id: "arrowhead", viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 7, markerHeight: 7,
    orient: "auto" }, shape("path", { d: "M0,0 L8,4 L0,8 z" }))),
  ...arrows(drawing), ...[...drawing.boxes.values()].map(one => box(view, one))));
  table("routes-table", [[words.route, ([route]) => route.id, "word"],
    [words.branch, ([, branch]) => branch ? readable(branch.condition) : null],
    [words.leadsTo, ([route, branch]) => effects(branch || route).join(", ")],
    [words.where, ([route, branch]) => route.file ? `${route.file}:${(branch || route).line}` : null],
    [words.stateOf, ([route, branch]) => branch ? null : [marks(view, route), route.failure].filter(part => part).join(": ")],
    [words.events, ([route, branch]) => counted((branch || route).events), "number"]],
  view.routes.flatMap(route => [[route, null], ...route.branches.map(branch => [route, branch])]));
}

let drawn = null;
new ResizeObserver(() => drawn && showRoutes(drawn)).observe($("routes-drawing"));

export const routes = {
  name: "routes",
  load: () => Promise.all([ask("/api/routes"), ask("/api/drafts")]),
  draw([view, drafts]) {
    drawn = view;
    showRoutes(view);
    showDrafts(drafts || []);
  },
};
