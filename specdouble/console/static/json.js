// JSON for people: indented, coloured, and never more of it at once than a page can bear.

import { button, h } from "./dom.js";

const LARGEST = 40_000; // characters that are coloured
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function pretty(value) {
  return JSON.stringify(value, null, 2);
}

// A body as it was sent or answered: JSON indented where it is JSON, else its text.
export function body(text) {
  if (!text) return h("p", { class: "quiet" }, "No body.");
  const value = parsed(text);
  return code(value === undefined ? text : pretty(value), value !== undefined);
}

export function code(text, isJSON = true) {
  if (text.length <= LARGEST) return h("pre", { class: "code", tabindex: 0 }, isJSON ? coloured(text) : text);
  const pre = h("pre", { class: "code", tabindex: 0 }, text.slice(0, LARGEST));
  const more = button(`Show all ${text.length.toLocaleString()} characters`, () => {
    pre.textContent = text;
    more.remove();
  });
  return h("div", {}, pre, more);
}

function coloured(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(last, match.index));
    const [whole, string, colon, word] = match;
    const kind = string ? (colon ? "name" : "string") : word ? "word" : "number";
    parts.push(h("span", { class: `json-${kind}` }, string && colon ? string : whole));
    if (string && colon) parts.push(colon);
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return parts;
}

// A document before and after a write, property by property.
export function change(before, after) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const rows = names.map((name) => {
    const [old, fresh] = [before?.[name], after?.[name]].map((value) => (value === undefined ? "" : JSON.stringify(value)));
    const kind = !before || !after || old === fresh ? "" : "is-changed";
    const cells = [before && h("td", { class: "before" }, old), after && h("td", { class: "after" }, fresh)];
    return h("tr", { class: kind }, h("th", { scope: "row" }, name), cells);
  });
  const heads = [h("th", { scope: "col" }, "property"), before && h("th", { scope: "col" }, "before"), after && h("th", { scope: "col" }, "after")];
  const table = h("table", { class: "change" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  return h("div", { class: "scrolling", tabindex: 0, role: "group", "aria-label": "Document before and after" }, table);
}
