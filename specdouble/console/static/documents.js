// The documents of each collection; what is changed here is held to the contract's rules like everything else.

import { ask, get, state, world } from "./api.js";
import { attempt, button, empty, field, h, heading, tell } from "./dom.js";
import { parsed, pretty } from "./json.js";

const PAGE = 50;
const LONGEST = 120; // characters of a value in the list
const MOST_CHIPS = 12; // collections; more are a list
const OWN = "_specdouble_"; // how the collections begin that the double keeps for itself

export function documents(root, chosen) {
  const tabs = h("div", { class: "chips", role: "group", "aria-label": "Collections" });
  const place = h("div", { class: "documents" });
  root.append(heading("Documents", `What the world ${world()} holds; changes are held to the rules`), tabs, place);
  let [name, skip] = [null, 0];

  const open = attempt(async (wanted) => {
    if (wanted !== name) place.replaceChildren(); // nobody edits a document of the collection that was shown before
    const collections = await known();
    const first = collections.find(([, count]) => count > 0) ?? collections[0];
    name = wanted ?? name ?? first?.[0] ?? null;
    skip = 0;
    const isFocused = tabs.contains(document.activeElement);
    tabs.replaceChildren(...(collections.length > MOST_CHIPS ? [list(collections)] : collections.map(chip)));
    if (isFocused) tabs.querySelector("select, [aria-current]")?.focus();
    await load();
  });

  function chip([one, count]) {
    return h("a", { class: "chip", href: placeOf(one), "aria-current": one === name ? "true" : null }, one, h("span", { class: "chip-count" }, String(count)));
  }

  // Those first that hold something: a large contract has a hundred collections, and most of them are empty.
  function list(collections) {
    const groups = [["With documents", ([, count]) => count > 0], ["Empty", ([, count]) => count === 0]].map(([label, belongs]) => {
      const those = collections.filter(belongs);
      return those.length ? h("optgroup", { label: `${label} (${those.length})` }, those.map(([one, count]) => h("option", { value: one }, count ? `${one}: ${count.toLocaleString()}` : one))) : null;
    });
    const element = h("select", { onchange: () => { location.hash = placeOf(element.value); } }, groups);
    element.value = name;
    return field("collection", element);
  }

  function placeOf(one) {
    return `#/documents/${encodeURIComponent(one)}`;
  }

  async function known() {
    const listed = (await get("worlds")).find((one) => one.name === world());
    const counts = new Map(state.contract.collections.map((one) => [one, 0]));
    for (const [one, count] of Object.entries(listed?.documents ?? {})) counts.set(one, count);
    return [...counts].filter(([one]) => !one.startsWith(OWN));
  }

  async function load() {
    if (name === null) {
      place.replaceChildren(empty("No collection", "The contract keeps no documents: annotate a schema with x-resource."));
      return;
    }
    const page = await get(`documents/${encodeURIComponent(name)}?skip=${skip}&limit=${PAGE}`);
    const add = button("New document", () => place.prepend(editor({ key: null, document: {} })), { class: "primary" });
    const shown = page.documents.length ? table(page.documents) : empty("No documents", `${name} is empty in the world ${world()}.`);
    place.replaceChildren(h("div", { class: "bar-of-actions" }, add, pager(page)), shown);
  }

  function pager({ count, documents: shown }) {
    const last = skip + shown.length;
    const move = (step) => attempt(async () => {
      skip = Math.max(0, skip + step);
      await load();
    });
    const words = count ? `${skip + 1}–${last} of ${count.toLocaleString()}` : "none";
    return h("span", { class: "pager" }, button("‹", move(-PAGE), { "aria-label": "Earlier", disabled: skip === 0 }), h("span", {}, words), button("›", move(PAGE), { "aria-label": "Later", disabled: last >= count }));
  }

  function table(entries) {
    const names = [...new Set(entries.flatMap((entry) => Object.keys(entry.document)))].slice(0, 6);
    const head = h("tr", {}, names.map((one) => h("th", { scope: "col" }, one)), h("th", { scope: "col" }, h("span", { class: "unseen" }, "Edit")));
    const rows = entries.map((entry) => row(entry, names));
    return h("div", { class: "scrolling card-table", tabindex: 0, role: "group", "aria-label": `Documents of ${name}` }, h("table", { class: "grid" }, h("thead", {}, head), h("tbody", {}, rows)));
  }

  function row(entry, names) {
    const cells = names.map((one) => h("td", {}, brief(entry.document[one])));
    const edit = button("Edit", () => element.after(h("tr", { class: "editing" }, h("td", { colspan: names.length + 1 }, editor(entry, element)))));
    const element = h("tr", {}, cells, h("td", { class: "row-action" }, edit));
    return element;
  }

  function editor(entry) {
    const area = h("textarea", { rows: Math.min(24, pretty(entry.document).split("\n").length + 1), spellcheck: "false", "aria-label": "The document as JSON" }, pretty(entry.document));
    const refusal = h("p", { class: "refused", role: "alert" });
    const path = `documents/${encodeURIComponent(name)}${entry.key === null ? "" : `?key=${encodeURIComponent(JSON.stringify(entry.key))}`}`;
    const write = async (method, body, words) => {
      try {
        await ask(method, path, { body });
      } catch (error) {
        refusal.textContent = error.message;
        return;
      }
      tell(words);
      await open(name);
    };
    const keep = () => {
      const value = parsed(area.value);
      if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value)) refusal.textContent = "This is no JSON object.";
      else write(entry.key === null ? "POST" : "PUT", value, entry.key === null ? "Created" : "Kept");
    };
    const box = h("div", { class: "editor" }, area, refusal);
    const leave = button("Cancel", () => (box.closest("tr.editing") ?? box).remove());
    const remove = entry.key === null ? null : button("Delete", () => write("DELETE", undefined, "Deleted"), { class: "danger" });
    box.append(h("div", { class: "bar-of-actions" }, button("Save", keep, { class: "primary" }), leave, remove));
    return box;
  }

  open(chosen);
  return { open };
}

function brief(value) {
  if (value === undefined) return h("span", { class: "quiet" }, "");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
