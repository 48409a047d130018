// One chart: E values over time on a logarithmic scale, with the bounds that decide.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const WIDEST = 640, HEIGHT = 180, LEFT = 52, RIGHT = 8, TOP = 14, BOTTOM = 22;

function mark(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// paths: [{name, points: [[seconds, E], …]}], bounds: [{name, value, left}]
function chart(paths, bounds, label) {
  // On a phone it is drawn narrower, since text that shrinks with it could not be read.
  const width = Math.min(WIDEST, document.documentElement.clientWidth - 64);
  const svg = mark("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label });
  const log = (value) => Math.log10(Math.max(value, 1e-6));
  const points = paths.flatMap((path) => path.points);
  const times = points.map((point) => point[0]);
  const values = [...points.map((point) => log(point[1])), ...bounds.map((b) => log(b.value)), 0];
  const first = Math.min(...times), last = Math.max(...times, first + 1);
  // Bounds are at 100 or so: evidence beyond all doubt must not press them flat, nor a sound
  // canary's against it, which falls for ever.
  const low = Math.max(-4, Math.min(...values)), high = Math.min(6, Math.max(...values) + 0.2);
  const x = (time) => LEFT + (time - first) / (last - first) * (width - LEFT - RIGHT);
  const within = (value) => Math.min(high, Math.max(low, log(value)));
  const y = (value) => TOP + (high - within(value)) / (high - low || 1) * (HEIGHT - TOP - BOTTOM);
  svg.append(mark("line", { x1: LEFT, x2: width - RIGHT, y1: y(1), y2: y(1), class: "axis" }));
  svg.append(mark("text", { x: LEFT - 6, y: y(1) + 4, "text-anchor": "end" }, "1"));
  for (const bound of bounds) {
    const at = y(bound.value);
    svg.append(mark("line", { x1: LEFT, x2: width - RIGHT, y1: at, y2: at, class: "bound" }));
    svg.append(mark("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" }, `${+bound.value.toPrecision(3)}`));
    // At its own end of the line: both bounds may be the same number.
    const place = bound.left ? { x: LEFT + 4 } : { x: width - RIGHT, "text-anchor": "end" };
    svg.append(mark("text", { ...place, y: at - 4 }, bound.name));
  }
  for (const path of paths) {
    const line = path.points.map((p) => `${x(p[0]).toFixed(1)},${y(p[1]).toFixed(1)}`).join(" ");
    svg.append(mark("polyline", { points: line, class: `path ${path.name}` }));
  }
  const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);
  svg.append(mark("text", { x: LEFT, y: HEIGHT - 6 }, clock(first)));
  svg.append(mark("text", { x: width - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, clock(last)));
  return svg;
}
