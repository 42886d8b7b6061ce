// A job's life as pictures: a strip of its states, and a staircase through all states of its lifecycle.

import { clockText, durationText } from "./moments.js";
import { el, svg } from "./dom.js";

const LANE = 18;

// The stays of a job: past, present or to come, each with its place on the strip in percent.
// Lengths are on a logarithmic scale, so that seconds beside days can still be seen.
export function stays(job, now) {
  const starts = job.timeline.map((step) => Date.parse(step.at));
  const rows = job.timeline.map((step, place) => {
    const end = starts[place + 1] ?? null;
    const begun = starts[place] <= now;
    const when = !begun ? "future" : end === null || end > now ? "present" : "past";
    const seconds = ((end ?? Math.max(now, starts[place])) - starts[place]) / 1000;
    return { state: step.state, at: step.at, start: starts[place], end, when, seconds, weight: 1.3 + Math.log10(1 + seconds) };
  });
  const whole = rows.reduce((sum, row) => sum + row.weight, 0);
  let x = 0;
  for (const row of rows) {
    row.x = x;
    row.width = (100 * row.weight) / whole;
    x += row.width;
  }
  return rows;
}

export function nowAt(rows, now) {
  const row = rows.find((one) => one.when === "present");
  if (!row) return 0;
  const part = row.end === null ? 1 : (now - row.start) / (row.end - row.start);
  return row.x + row.width * Math.min(1, Math.max(0, part));
}

export function strip(job, lifecycle, now) {
  const rows = stays(job, now);
  const picture = svg("svg", { class: "strip", height: 41, width: "100%", role: "img", "aria-label": describe(rows) });
  picture.append(...rows.map((row, place) => segment(row, lifecycle, rows[0].start, place)));
  if (moves(rows)) picture.append(marker(nowAt(rows, now)));
  return picture;
}

// Whether the present is on its way to something.
const moves = (rows) => rows.some((row) => row.when === "present" && row.end !== null);

// A small pointer below the bar, so that it hides no name.
function marker(x) {
  return svg("svg", { x: `${x}%`, overflow: "visible" }, svg("path", { class: "pointer", d: "M0 22 L4.5 29 L-4.5 29 Z" }));
}

function segment(row, lifecycle, began, place) {
  const label = place === 0 ? clockText(row.at) : `+${durationText((row.start - began) / 1000)}`;
  return svg(
    "svg",
    { x: `${row.x}%`, width: `${row.width}%`, height: 41, class: `stay ${lifecycle.tone(row.state)} ${row.when}` },
    svg("title", {}, `${row.state} from ${clockText(row.at)}${row.end === null ? "" : ` for ${durationText(row.seconds)}`}`),
    svg("rect", { x: 0, y: 2, height: 20, rx: 4 }),
    svg("text", { x: 8, y: 16, class: "name" }, row.state),
    svg("text", { x: 1, y: 38, class: "tick" }, label),
  );
}

function describe(rows) {
  return rows
    .map((row) => {
      const long = row.end === null ? "" : ` for ${durationText(row.seconds)}`;
      return `${row.when === "present" ? "now " : row.when === "future" ? "then " : ""}${row.state}${long}`;
    })
    .join(", ");
}

// The names of all states, and beside them the job's way through them.
export function staircase(job, lifecycle, now) {
  const rows = stays(job, now);
  const lanes = lifecycle.states.map((state) => state.name);
  const height = lanes.length * LANE + 4;
  const y = (name) => lanes.indexOf(name) * LANE + LANE / 2 + 2;
  const met = (name) => (rows.some((row) => row.state === name) ? "lane met" : "lane");
  const names = lanes.map((name) => svg("text", { x: 0, y: y(name) + 4, class: met(name) }, name));
  const guides = lanes.map((name) => svg("line", { class: "guide", x1: 0, x2: "100%", y1: y(name), y2: y(name) }));
  const x = `${nowAt(rows, now)}%`;
  const present = moves(rows) ? svg("line", { class: "now", x1: x, x2: x, y1: 0, y2: height }) : null;
  const label = `Way of the job through ${lanes.length} states: ${describe(rows)}`;
  return el(
    "div",
    { class: "staircase", role: "img", "aria-label": label },
    svg("svg", { class: "lanes", height }, names),
    svg("svg", { class: "stairs", height }, guides, present, steps(rows, lifecycle, y)),
  );
}

function steps(rows, lifecycle, y) {
  return rows.flatMap((row, place) => {
    const next = rows[place + 1];
    const look = `step ${lifecycle.tone(row.state)} ${row.when}`;
    const [from, to] = [`${row.x}%`, `${row.x + row.width}%`];
    const drawn = [svg("line", { class: look, x1: from, x2: to, y1: y(row.state), y2: y(row.state) })];
    if (next) drawn.push(svg("line", { class: `rise ${next.when}`, x1: to, x2: to, y1: y(row.state), y2: y(next.state) }));
    return [...drawn, svg("circle", { class: look, cx: from, cy: y(row.state), r: 4 })];
  });
}
