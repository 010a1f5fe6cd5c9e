// Drawings of numbers, in SVG; each has its numbers in words too.

import { h, svg } from "./dom.js";

export const CLASSES = ["2xx", "3xx", "4xx", "5xx"];

export function classOf(status) {
  return status ? `${Math.floor(status / 100)}xx` : "5xx";
}

// How many exchanges there were, over time, by the class of their status.
export function traffic(exchanges, { seconds = 300, bars = 60 } = {}) {
  const now = Date.now();
  const step = (seconds * 1000) / bars;
  const counts = Array.from({ length: bars }, () => ({}));
  let seen = 0;
  for (const { time, status } of exchanges) {
    const at = bars - 1 - Math.floor((now - Date.parse(time)) / step);
    if (at < 0) continue;
    const bar = counts[Math.min(at, bars - 1)];
    const kind = classOf(status);
    bar[kind] = (bar[kind] ?? 0) + 1;
    seen += 1;
  }
  const most = Math.max(1, ...counts.map(total));
  const [width, height] = [600, 56];
  const wide = width / bars;
  const drawn = counts.map((bar, at) => stacked(bar, at * wide, wide - 2, height, most, step * (bars - at)));
  const axis = svg("line", { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5, class: "axis" });
  const label = `${seen} requests in the last ${seconds / 60} minutes`;
  const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "traffic", role: "img", "aria-label": label }, axis, drawn);
  const caption = h("figcaption", {}, h("span", {}, `last ${seconds / 60} minutes`), h("span", {}, `at most ${most} in ${step / 1000} s`), legend());
  return h("figure", { class: "chart" }, image, caption);
}

function total(bar) {
  return Object.values(bar).reduce((sum, count) => sum + count, 0);
}

function stacked(bar, x, width, height, most, age) {
  let y = height;
  const words = CLASSES.filter((kind) => bar[kind]).map((kind) => `${bar[kind]} × ${kind}`);
  const parts = CLASSES.filter((kind) => bar[kind]).map((kind) => {
    const tall = Math.max(1.5, (bar[kind] / most) * (height - 4));
    y -= tall;
    return svg("rect", { x, y, width, height: tall, class: `fill-${kind}` });
  });
  return parts.length ? svg("g", {}, svg("title", {}, `${words.join(", ")}, ${Math.round(age / 1000)} s ago`), parts) : null;
}

export function legend() {
  const entries = CLASSES.map((kind) => h("span", { class: "legend-entry" }, h("i", { class: `swatch bg-${kind}` }), kind));
  return h("span", { class: "legend" }, entries);
}

// One bar for a thing, of parts with a class for their colour.
export function bar(parts, most, label) {
  const sum = parts.reduce((all, [, count]) => all + count, 0);
  let x = 0;
  const drawn = parts.filter(([, count]) => count).map(([kind, count]) => {
    const width = (count / Math.max(most, 1)) * 100;
    const rect = svg("rect", { x, y: 0, width: Math.max(width, 0.8), height: 10, class: `fill-${kind}` }, svg("title", {}, `${count} × ${kind}`));
    x += width;
    return rect;
  });
  const words = parts.filter(([, count]) => count).map(([kind, count]) => `${count} ${kind}`).join(", ");
  const attributes = { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "bar", role: "img", "aria-label": `${label}: ${words || "none"}` };
  return svg("svg", attributes, svg("rect", { x: 0, y: 0, width: 100, height: 10, class: "track" }), sum ? drawn : null);
}

export function meter(label, seen, of) {
  const share = of ? seen / of : 0;
  const [radius, around] = [26, 2 * Math.PI * 26];
  const ring = (kind, dash) => svg("circle", { cx: 32, cy: 32, r: radius, class: kind, "stroke-dasharray": dash });
  const image = svg("svg", { viewBox: "0 0 64 64", class: "ring", "aria-hidden": "true" }, ring("ring-track", null), ring("ring-value", `${share * around} ${around}`));
  return h("div", { class: "meter" }, image, h("div", {}, h("strong", {}, `${seen} of ${of}`), h("span", {}, label)));
}
