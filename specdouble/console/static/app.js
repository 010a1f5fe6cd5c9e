// The page around the views: navigation, the world, the look, and the stream of exchanges that all views share.

import { follow, get, state } from "./api.js";
import { attempt, button, h, select, tell } from "./dom.js";
import { coverage } from "./coverage.js";
import { documents } from "./documents.js";
import { operations } from "./operations.js";
import { requests } from "./requests.js";
import { worlds } from "./state.js";
import { users } from "./users.js";

const MOST = 1000; // exchanges, as the journal keeps them
const VIEWS = { requests, operations, documents, users, state: worlds, coverage };
const NAMES = { requests: "Requests", operations: "Operations", documents: "Documents", users: "Users", state: "State", coverage: "Coverage" };
const THEMES = ["auto", "light", "dark"];

const exchanges = []; // the first one first
const main = h("main", { id: "main", tabindex: -1 });
const status = h("span", { class: "live", role: "status" });
let shown = { leave() {}, news() {} };

function navigation() {
  const links = Object.entries(NAMES).map(([name, label]) => h("a", { href: `#/${name}`, "data-view": name }, label));
  return h("nav", { "aria-label": "Views" }, links);
}

function markCurrent(view) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function themeButton() {
  const stored = localStorage.getItem("specdouble.theme");
  let theme = THEMES.includes(stored) ? stored : "auto";
  const element = button("", () => choose(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]), { class: "quiet-button", "data-theme-button": true });
  function choose(next) {
    theme = next;
    localStorage.setItem("specdouble.theme", theme);
    document.documentElement.dataset.theme = theme;
    element.textContent = `Theme: ${theme}`;
  }
  choose(theme);
  return element;
}

function worldSelect() {
  const element = select("World", [["", "All worlds"]], { class: "world-select" });
  element.addEventListener("change", () => {
    state.world = element.value;
    route();
  });
  element.addEventListener("focus", attempt(() => fillWorlds(element)));
  return element;
}

async function fillWorlds(element) {
  const listed = await get("worlds");
  const names = new Set([...listed.map((one) => one.name), state.world].filter(Boolean));
  element.replaceChildren(h("option", { value: "" }, "All worlds"), ...[...names].map((name) => h("option", { value: name }, name)));
  element.value = state.world;
}

const worldElement = worldSelect();

export async function chooseWorld(name) {
  state.world = name;
  await fillWorlds(worldElement);
  route();
}

function route() {
  const [view = "requests", ...rest] = location.hash.replace(/^#\//, "").split("/").filter(Boolean);
  const name = view in VIEWS ? view : "requests";
  const argument = rest.length ? decodeURIComponent(rest.join("/")) : null;
  if (shown.name === name && shown.open && shown.world === state.world) {
    shown.open(argument);
    return;
  }
  shown.leave?.();
  markCurrent(name);
  document.title = `${NAMES[name]} · ${state.contract.title}`;
  const root = h("section", { class: `view view-${name}` });
  main.replaceChildren(root);
  shown = { name, world: state.world, ...VIEWS[name](root, argument, { exchanges, chooseWorld }) };
}

function receive({ exchanges: fresh, left_out: leftOut }) {
  exchanges.push(...fresh);
  if (exchanges.length > MOST) exchanges.splice(0, exchanges.length - MOST);
  shown.news?.(fresh, leftOut);
}

function showStatus(kind) {
  status.className = `live is-${kind}`;
  status.textContent = { live: "Live", connecting: "Connecting", closed: "Not connected" }[kind];
}

function frame() {
  const brand = h("a", { class: "brand", href: "#/requests" }, h("img", { src: "console/icon.svg", alt: "", width: 26, height: 26 }), h("span", {}, "specdouble"));
  const skip = h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, "Skip to the content");
  const foot = h("div", { class: "side-foot" }, h("a", { href: "docs" }, "Docs"), themeButton());
  const side = h("header", { class: "side" }, skip, brand, navigation(), foot);
  const top = h("section", { class: "top", "aria-label": "The contract and its worlds" }, h("p", { class: "contract-title" }, state.contract.title), worldElement, status);
  document.body.append(h("div", { class: "frame" }, side, h("div", { class: "content" }, top, main)));
}

document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !isTyping) {
    document.querySelector('input[type="search"]')?.focus();
    event.preventDefault();
  } else {
    shown.key?.(event, isTyping);
  }
});

async function start() {
  try {
    state.contract = await get("contract");
    const kept = await get("journal?format=summary");
    exchanges.push(...kept.reverse());
  } catch (error) {
    document.body.append(h("p", { class: "failed" }, error.message));
    return;
  }
  frame();
  await fillWorlds(worldElement).catch((error) => tell(error.message, true));
  addEventListener("hashchange", route);
  route();
  showStatus("connecting");
  follow(exchanges.length ? exchanges.at(-1).number + 1 : 0, receive, showStatus);
}

start();
