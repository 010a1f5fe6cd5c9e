// The exchanges as they come, and for each one what decided its answer.

import { get, ask, state } from "./api.js";
import { classOf, traffic } from "./charts.js";
import { attempt, button, carryFocus, copy, counted, empty, h, heading, placeOf, select, tell } from "./dom.js";
import { body, change, code, pretty } from "./json.js";

const FILTERS = [["all", "All"], ["2xx", "2xx"], ["4xx", "4xx"], ["5xx", "5xx"], ["rule", "Refused by a rule"]];
const REDRAW = 5000; // milliseconds

export function requests(root, number, { exchanges }) {
  const list = h("ol", { class: "exchanges", "aria-label": "Requests, the last one first" });
  const detail = h("aside", { class: "detail", "aria-label": "What decided", tabindex: -1 });
  const chart = h("div", { class: "chart-place" });
  const count = h("span", { class: "count" });
  const search = h("input", { type: "search", placeholder: "Search: path, status, rule, world …", "aria-label": "Search the requests", oninput: redraw });
  let [filter, opened, isPaused] = ["all", null, false];

  const chips = h("div", { class: "chips", role: "group", "aria-label": "Which requests" }, FILTERS.map(([key, label]) => button(label, () => choose(key), { class: "chip", "data-filter": key })));
  const pause = button("Pause", () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? "Go on" : "Pause";
    if (!isPaused) redraw();
  });
  root.append(heading("Requests", "Every request with what decided its answer", pause), chart, h("div", { class: "tools" }, search, chips, count));
  const split = h("div", { class: "split" }, list, detail);
  root.append(split);

  function choose(key) {
    filter = key;
    redraw();
  }

  function isWanted(exchange) {
    if (state.world && exchange.world !== state.world) return false;
    if (filter === "rule" && !exchange.rule) return false;
    if (filter !== "all" && filter !== "rule" && classOf(exchange.status) !== filter) return false;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = `${exchange.method} ${exchange.target} ${exchange.status} ${exchange.rule ?? ""} ${exchange.operation ?? ""} ${exchange.world} ${reasonOf(exchange)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }

  function redraw() {
    for (const chip of chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.filter === filter));
    const wanted = exchanges.filter(isWanted);
    tellCount(wanted.length);
    list.replaceChildren(...wanted.map(row).reverse());
    if (!wanted.length) list.append(h("li", {}, nothing()));
    drawTraffic();
    mark();
  }

  function nothing() {
    return exchanges.length
      ? empty("No request fits", "Another word, filter or world may.")
      : empty("No request yet", `Ask the double at ${location.origin}; whatever it is asked appears here.`);
  }

  function drawTraffic() {
    chart.replaceChildren(traffic(state.world ? exchanges.filter((one) => one.world === state.world) : exchanges));
  }

  function row(exchange) {
    const reason = reasonOf(exchange);
    const link = h("a", { href: `#/requests/${exchange.number}`, class: "exchange" },
      h("time", { datetime: exchange.time }, clockOf(exchange.time)),
      h("span", { class: `status is-${classOf(exchange.status)}` }, exchange.status || "cut"),
      h("span", { class: "method" }, exchange.method),
      h("span", { class: "target", title: exchange.target }, exchange.target),
      h("span", { class: "milliseconds" }, `${exchange.milliseconds.toFixed(1)} ms`),
      exchange.world !== "default" && !state.world && h("span", { class: "tag" }, exchange.world),
      reason && h("span", { class: "reason", title: reason }, reason));
    return h("li", { "data-number": exchange.number }, link);
  }

  function news(fresh, leftOut) {
    if (leftOut) tell(`${leftOut} more requests came than can be shown; the journal keeps the last ones`);
    if (isPaused) return;
    const wanted = fresh.filter(isWanted);
    if (list.querySelector(".empty")) list.replaceChildren();
    list.prepend(...wanted.map(row).reverse());
    while (list.children.length > exchanges.length) list.lastChild.remove();
    if (!list.children.length) list.append(h("li", {}, nothing()));
    tellCount(list.querySelectorAll("a").length);
    drawTraffic();
    mark();
  }

  function tellCount(wanted) {
    count.textContent = wanted === exchanges.length ? counted(wanted, "request") : `${wanted} of ${counted(exchanges.length, "request")}`;
  }

  function mark() {
    for (const item of list.children) item.classList.toggle("is-open", item.dataset.number === String(opened));
  }

  const open = attempt(async (wanted) => {
    const link = list.querySelector(".is-open a");
    opened = wanted;
    split.classList.toggle("has-detail", wanted !== null);
    mark();
    carryFocus(list, detail, link);
    if (wanted === null) {
      detail.replaceChildren(empty("No request is open", "Choose one to see what decided its answer."));
      return;
    }
    try {
      const story = await get(`journal/${wanted}`);
      if (opened === wanted) detail.replaceChildren(...told(story, await signIns()));
    } catch (error) {
      detail.replaceChildren(close(), empty("It is not kept any more", error.message));
    }
    detail.scrollTop = 0;
  });

  let known = null;
  async function signIns() {
    known ??= (await get("users")).flatMap((scheme) => scheme.users.map((user) => user.name));
    return [...new Set(known)];
  }

  function key(event, isTyping) {
    const links = [...list.querySelectorAll("a")];
    const at = links.findIndex((link) => link.parentElement.dataset.number === String(opened));
    if (event.key === "Escape" && opened !== null) location.hash = "#/requests";
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    const isInList = event.key.length === 1 || list.contains(document.activeElement);
    if (!step || isTyping || !isInList || !links.length) return;
    const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
    next.focus();
    location.hash = next.getAttribute("href");
    event.preventDefault();
  }

  const timer = setInterval(drawTraffic, REDRAW);
  redraw();
  open(number);
  return { news, open, key, leave: () => clearInterval(timer) };
}

export function clockOf(time) {
  return new Date(time).toLocaleTimeString([], { hour12: false });
}

function reasonOf({ rule, explanation, hidden }) {
  if (hidden) return `${hidden.rule}: another's document (${hidden.document})`;
  if (!explanation) return "";
  if (explanation.failure) return explanation.failure.trim().split("\n").pop();
  if (explanation.rules?.length) return explanation.rules.map((one) => `${one.rule}: ${one.message}`).join("; ");
  const violation = explanation.violations?.[0];
  const detail = violation?.message ? `${violation.location}${violation.pointer} ${violation.message}` : (explanation.detail ?? explanation.title);
  return rule ? `${rule}: ${detail}` : detail;
}

function close() {
  return h("a", { href: "#/requests", class: "close", "aria-label": "Close" }, "✕");
}

function told(story, names) {
  return [summary(story), actions(story, names), why(story), ignored(story), decisions(story), writes(story), bodies(story), contract(story)].filter(Boolean);
}

function summary(story) {
  const facts = [
    story.answered ? answered(story) : "no operation of the contract",
    `${story.milliseconds.toFixed(1)} ms`,
    `world ${story.world}`,
    story.caller === null ? "nobody signed in" : `as ${story.caller}`,
    new Date(story.time).toLocaleString(),
  ];
  const title = h("h2", {}, h("span", { class: `status is-${classOf(story.status)}` }, story.status || "cut"), ` ${story.method} `, h("span", { class: "target" }, story.target));
  return h("header", { class: "detail-head" }, close(), title, h("ul", { class: "facts" }, facts.map((fact) => h("li", {}, fact))));
}

// What it rests on is told where the operation is.
function answered({ operation, answered: { by, why } }) {
  return h("a", { href: `#/operations/${encodeURIComponent(operation)}`, title: why }, `${by}: ${why.split(": ")[0]}`);
}

function actions(story, names) {
  const who = select("Send again as", [["", story.caller === null ? "nobody" : story.caller], ...names.filter((name) => name !== story.caller).map((name) => [name, name])]);
  const again = attempt(async () => {
    const sent = await ask("POST", `journal/${story.number}/again`, { body: who.value ? { as: who.value } : {} });
    tell(`Answered ${sent.status || "nothing"}`);
    location.hash = `#/requests/${sent.number}`;
  });
  const take = (form, what) => attempt(async () => copy(await get(`journal/${story.number}?format=${form}`, { form: "text" }), what));
  return h("div", { class: "bar-of-actions" },
    h("span", { class: "joined" }, button("Send again as", again, { class: "primary" }), who),
    button("Copy as curl", take("curl", "a curl command")),
    button("Copy as pytest", take("pytest", "a test for pytest")));
}

function part(title, ...children) {
  return h("section", { class: "part" }, h("h3", {}, title), children);
}

function why(story) {
  const refused = story.decisions.filter((decision) => decision.verdict === "refused");
  const explanation = story.explanation ?? (refused.length ? {} : null);
  if (!explanation) return null;
  if (explanation.failure) return part("Why", code(explanation.failure, false));
  if (refused.length) return part("Why", refused.map((decision) => refusal(decision, story)));
  const violations = (explanation.violations ?? []).map((one) => h("li", {}, one.message ? [h("code", {}, `${one.location}${one.pointer}`), ` ${one.message}`] : String(one)));
  const words = [explanation.title, explanation.detail].filter(Boolean).join(": ");
  return part("Why", h("p", {}, words), violations.length ? h("ul", { class: "violations" }, violations) : null);
}

function refusal(decision, story) {
  const lines = story.contract.find((one) => one.about === "rule" && one.name === decision.rule);
  return h("div", { class: "refusal" },
    h("p", {}, h("strong", {}, decision.message), " ", h("code", {}, decision.rule)),
    lines && excerpt(lines),
    decision.in_the_way && h("details", {}, h("summary", {}, `The document in the way: ${decision.document}`), code(pretty(decision.in_the_way))));
}

function ignored(story) {
  if (!story.ignored.length) return null;
  const entries = story.ignored.map((one) => h("li", {}, h("code", {}, one.pointer.slice(1)), ` in the ${one.location}`, one.near && [": is ", h("code", {}, one.near), " meant?"]));
  return part("Not in the contract, and without effect", h("ul", { class: "ignored" }, entries));
}

const MARKS = { refused: "✕", kept: "✓", "not asked": "–" };

function decisions(story) {
  if (!story.decisions.length) return null;
  const rows = story.decisions.map((decision) => h("li", { class: `decision is-${decision.verdict.replace(" ", "-")}` },
    h("span", { class: "mark", "aria-hidden": "true" }, MARKS[decision.verdict]),
    h("span", { class: "verdict" }, decision.verdict),
    h("span", { class: "sentence" }, decision.sentence),
    placeOf(decision)));
  return part(`Rules (${story.decisions.length})`, h("ul", { class: "decisions" }, rows));
}

function writes(story) {
  if (!story.writes.length) return null;
  return part("Documents", story.writes.map((write) => {
    if (write.left_out) return h("p", { class: "quiet" }, `${write.collection}: ${write.left_out.toLocaleString()} bytes more, which are not kept`);
    const did = write.refused ? "was not written" : write.before ? (write.after ? "changed" : "removed") : "created";
    return h("div", {}, h("p", {}, h("code", {}, write.collection), ` ${did}`), change(write.before, write.after));
  }));
}

function bodies(story) {
  return h("div", { class: "bodies" }, part(`Request${story.media_type ? `, ${story.media_type}` : ""}`, body(story.request)), part("Answer", body(story.response)));
}

function contract(story) {
  const shown = story.contract.filter((one) => one.about !== "rule");
  return shown.length ? part("In the contract", shown.map((one) => h("div", {}, h("p", { class: "quiet" }, `${one.about} ${one.name}`), excerpt(one)))) : null;
}

export function excerpt({ file, line, first, text }) {
  const lines = text.split("\n").map((shown, at) => h("span", { class: first + at === line ? "line is-decisive" : "line" }, h("i", {}, String(first + at)), `${shown}\n`));
  return h("figure", { class: "excerpt" }, h("figcaption", {}, placeOf({ file, line })), h("pre", { tabindex: 0 }, lines));
}
