// The operations with their rules, and a form for each, filled from the contract's example.

import { ask, get, state, world } from "./api.js";
import { classOf } from "./charts.js";
import { attempt, button, carryFocus, empty, field, h, heading, placeOf, select } from "./dom.js";
import { body as shownBody, pretty } from "./json.js";

const MOST_CHIPS = 10; // users; more are a list
const [LEAST_LINES, MOST_LINES] = [4, 16]; // of a body before it scrolls

export function operations(root, chosen) {
  const search = h("input", { type: "search", placeholder: "Search operations", "aria-label": "Search the operations", oninput: redraw });
  const list = h("div", { class: "operation-list" });
  const detail = h("aside", { class: "detail", "aria-label": "The operation", tabindex: -1 });
  const split = h("div", { class: "split" }, list, detail);
  root.append(heading("Operations", "What the contract has, how it is answered, and under which rules"), h("div", { class: "tools" }, search), split);
  let opened = null;

  function redraw() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = new Map();
    for (const operation of state.contract.operations) {
      const text = `${operation.method} ${operation.path} ${operation.id} ${operation.summary}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      const tag = operation.tags[0] ?? "Operations";
      groups.set(tag, [...(groups.get(tag) ?? []), operation]);
    }
    list.replaceChildren(...[...groups].map(([tag, those]) => h("section", {}, h("h2", { class: "group" }, tag), h("ul", {}, those.map(row)))));
    if (!groups.size) list.append(empty("No operation fits", "Another word may."));
    mark();
  }

  function row(operation) {
    const link = h("a", { href: `#/operations/${encodeURIComponent(operation.id)}`, class: "operation" },
      h("span", { class: `method is-${operation.method.toLowerCase()}` }, operation.method),
      h("span", { class: "target" }, operation.path),
      h("span", { class: "tag" }, operation.answered.by),
      operation.summary && h("span", { class: "reason" }, operation.summary));
    return h("li", { "data-id": operation.id }, link);
  }

  function mark() {
    for (const item of list.querySelectorAll("li")) item.classList.toggle("is-open", item.dataset.id === opened);
  }

  const open = attempt(async (id) => {
    const link = list.querySelector(".is-open a");
    opened = id;
    split.classList.toggle("has-detail", id !== null);
    mark();
    carryFocus(list, detail, link);
    if (id === null) {
      detail.replaceChildren(empty("No operation is open", "Choose one to see its rules and to ask it."));
      return;
    }
    const [operation, schemes] = await Promise.all([get(`operations/${encodeURIComponent(id)}`), get("users")]);
    if (opened === id) detail.replaceChildren(...shown(operation, schemes));
    detail.scrollTop = 0;
  });

  function key(event, isTyping) {
    if (event.key === "Escape" && !isTyping && opened !== null) location.hash = "#/operations";
  }

  redraw();
  open(chosen);
  return { open, key };
}

function shown(operation, schemes) {
  const head = h("header", { class: "detail-head" },
    h("a", { href: "#/operations", class: "close", "aria-label": "Close" }, "✕"),
    h("h2", {}, h("span", { class: `method is-${operation.method.toLowerCase()}` }, operation.method), " ", h("span", { class: "target" }, operation.path)),
    operation.summary && h("p", {}, operation.summary),
    h("ul", { class: "facts" }, [operation.id, `${operation.answered.by}: ${operation.answered.why}`, placeOf(operation)].map((fact) => h("li", {}, fact))));
  return [head, form(operation, schemes), rules(operation), statuses(operation)];
}

function rules(operation) {
  const rows = operation.rules.map((rule) => h("li", { class: "decision" }, h("code", { class: "kind" }, rule.kind), h("span", { class: "sentence" }, rule.sentence), placeOf(rule)));
  const told = rows.length ? h("ul", { class: "decisions" }, rows) : h("p", { class: "quiet" }, "No rule speaks of it.");
  return h("section", { class: "part" }, h("h3", {}, `Rules (${rows.length})`), told);
}

function statuses(operation) {
  const rows = Object.entries(operation.statuses).map(([status, words]) => h("li", {}, h("span", { class: `status is-${classOf(parseInt(status, 10))}` }, status), ` ${words}`));
  return h("section", { class: "part" }, h("h3", {}, "Statuses"), h("ul", { class: "plain" }, rows));
}

function form(operation, schemes) {
  const names = [...new Set(schemes.flatMap((scheme) => scheme.users.map((user) => user.name)))];
  const isAnybody = schemes.some((scheme) => scheme.any);
  const preferred = state.user || (operation.is_secured ? (names[0] ?? (isAnybody ? "somebody" : "")) : "");
  const users = h("div", { class: "chips", role: "radiogroup", "aria-label": "As whom" });
  let who = preferred;
  const everybody = [["", "nobody"], ...names.map((name) => [name, name])];
  if (isAnybody && !names.length) everybody.push(["somebody", "somebody"]);
  if (everybody.length > MOST_CHIPS) {
    const pick = select("As whom", everybody, { value: preferred });
    pick.addEventListener("change", () => choose(pick.value));
    users.append(pick);
  }
  for (const [value, label] of everybody.length > MOST_CHIPS ? [] : everybody) {
    users.append(button(label, () => choose(value), { class: "chip", role: "radio", "data-user": value }));
  }
  function choose(value) {
    who = value;
    state.user = value;
    for (const chip of users.querySelectorAll("button")) chip.setAttribute("aria-checked", String(chip.dataset.user === who));
  }
  choose(preferred);

  const inputs = operation.parameters.map((parameter) => [parameter, control(parameter)]);
  const [chosenBody, bodyPart] = bodyFields(operation);
  const answer = h("div", { class: "answer", "aria-live": "polite" });
  const send = attempt(async () => {
    const sent = await ask("POST", "send", { body: requestOf(operation, inputs, chosenBody(), who) });
    const head = h("p", {}, h("span", { class: `status is-${classOf(sent.status)}` }, sent.status || "cut"), " ", h("a", { href: `#/requests/${sent.number}` }, "See what decided"));
    answer.replaceChildren(head, shownBody(sent.body ?? "(not a text)"));
  });
  return h("form", { class: "part ask", onsubmit: (event) => { event.preventDefault(); send(); } },
    h("h3", {}, "Ask it"),
    everybody.length > 1 && h("div", { class: "field" }, h("span", { class: "field-name" }, "as"), users),
    inputs.map(([parameter, input]) => field(parameter.name, input, `${parameter.in}${parameter.required ? ", required" : ""}`)),
    bodyPart,
    h("div", { class: "bar-of-actions" }, h("button", { class: "primary" }, "Send"), h("span", { class: "quiet" }, `to the world ${world()}`)),
    answer);
}

function control({ name, required, schema, offered }) {
  const value = offered[0] ?? schema.example ?? schema.default ?? "";
  if (schema.enum) return select(name, required ? schema.enum.map(String) : ["", ...schema.enum.map(String)], { value: required ? undefined : "" });
  const id = `offered-${name}`;
  const input = h("input", { type: "text", required, value: required ? String(value) : "", placeholder: String(schema.example ?? schema.type ?? ""), list: offered.length ? id : null });
  return offered.length ? h("span", {}, input, h("datalist", { id }, offered.map((one) => h("option", { value: one })))) : input;
}

function bodyFields(operation) {
  if (!operation.bodies.length) return [() => ({}), null];
  const area = h("textarea", { spellcheck: "false" });
  const kinds = operation.bodies.flatMap((body) => body.examples.map((example) => ({ type: body.type, ...example })));
  const fill = (kind) => {
    area.value = typeof kind.value === "string" ? kind.value : pretty(kind.value ?? {});
    area.rows = Math.min(MOST_LINES, Math.max(LEAST_LINES, area.value.split("\n").length));
  };
  const pick = select("Example", kinds.map((kind, at) => [String(at), kinds.length > 1 && operation.bodies.length > 1 ? `${kind.name}, ${kind.type}` : kind.name]));
  pick.addEventListener("change", () => fill(kinds[Number(pick.value)]));
  fill(kinds[0]);
  const part = [kinds.length > 1 ? field("example", pick) : null, field("body", area, kinds[0].type)];
  return [() => ({ text: area.value, type: kinds[Number(pick.value) || 0].type }), part];
}

function requestOf(operation, inputs, sent, who) {
  let path = operation.path;
  const [query, headers] = [new URLSearchParams(), {}];
  for (const [parameter, element] of inputs) {
    const input = element.matches("span") ? element.querySelector("input") : element;
    const value = input.value;
    if (parameter.in === "path") path = path.replaceAll(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (parameter.in === "query") query.append(parameter.name, value);
    else if (parameter.in === "header") headers[parameter.name] = value;
    else if (parameter.in === "cookie") headers.Cookie = `${parameter.name}=${encodeURIComponent(value)}`;
  }
  if (sent.text) headers["Content-Type"] = sent.type.includes("*") ? "application/json" : sent.type;
  const target = query.size ? `${path}?${query}` : path;
  const request = { method: operation.method, target, headers, body: sent.text ?? "", world: world() };
  return who ? { ...request, as: who } : request;
}
