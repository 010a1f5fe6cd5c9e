// Who can sign in, and what makes a request theirs.

import { get, state, world } from "./api.js";
import { attempt, button, copy, empty, h, heading, tell } from "./dom.js";

export function users(root) {
  const place = h("div", {});
  root.append(heading("Users", `Who the world ${world()} knows, and what makes a request theirs`), place);

  const load = attempt(async () => {
    const schemes = await get("users");
    const parts = [table(schemes), ...schemes.filter((one) => one.any).map(open)].filter(Boolean);
    place.replaceChildren(...(parts.length ? parts : [empty("Nobody has to sign in", "The contract has no security scheme with users.")]));
  });

  // One row for a user, however many schemes know it.
  function table(schemes) {
    const known = new Map();
    for (const { scheme, users: those } of schemes) {
      for (const user of those) {
        const entry = known.get(user.name) ?? { claims: {}, schemes: [] };
        known.set(user.name, { claims: { ...entry.claims, ...user.claims }, schemes: [...entry.schemes, scheme] });
      }
    }
    if (!known.size) return null;
    const rows = [...known].map(([name, user]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "claims" }, claims(user.claims)), h("td", {}, user.schemes.map((one) => h("span", { class: "tag" }, one))), h("td", { class: "row-action" }, use(name), take(name))));
    const head = h("tr", {}, ["user", "claims", "signs in by", ""].map((label) => h("th", { scope: "col" }, label || h("span", { class: "unseen" }, "Actions"))));
    return h("div", { class: "scrolling card-table", tabindex: 0, role: "group", "aria-label": "Users" }, h("table", { class: "grid" }, h("thead", {}, head), h("tbody", {}, rows)));
  }

  function open({ scheme, type }) {
    const title = h("h2", { class: "group" }, scheme, h("span", { class: "tag" }, type ?? ""));
    return h("section", { class: "card" }, title, h("p", {}, "Every credential that is well-formed is a caller: two of them are two callers."), anybody());
  }

  function anybody() {
    const input = h("input", { type: "text", value: "somebody", "aria-label": "Any name" });
    return h("div", { class: "bar-of-actions" }, input, button("Copy credentials", attempt(() => credentials(input.value || "somebody"))));
  }

  function use(name) {
    return button("Use in forms", () => {
      state.user = name;
      tell(`Forms are filled for ${name}`);
    });
  }

  function take(name) {
    return button("Copy credentials", attempt(() => credentials(name)));
  }

  async function credentials(name) {
    const placed = await get(`credentials/${encodeURIComponent(name)}`);
    const lines = Object.entries(placed.headers).map(([header, value]) => `${header}: ${value}`);
    const query = new URLSearchParams(placed.query).toString();
    const cookies = Object.entries(placed.cookies).map(([cookie, value]) => `${cookie}=${value}`);
    const all = [...lines, query && `?${query}`, cookies.length && `Cookie: ${cookies.join("; ")}`].filter(Boolean);
    await copy(all.join("\n"), `what makes a request ${name}'s`);
  }

  load();
  return {};
}

function claims(given) {
  return Object.entries(given).map(([name, value]) => h("span", { class: "claim" }, `${name} `, h("code", {}, String(value))));
}
