// Worlds, snapshots, the clock and faults: whatever puts the double into a state.

import { ask, get, state, world } from "./api.js";
import { attempt, button, counted, empty, field, h, heading, save, select, tell } from "./dom.js";
import { code, pretty } from "./json.js";

export function worlds(root, _argument, { chooseWorld }) {
  const cards = ["Worlds", "Snapshots", "Clock", "Faults"].map((title) => h("section", { class: "card", "aria-label": title }, h("h2", { class: "group" }, title), h("div", {})));
  const [worldCard, snapshotCard, clockCard, faultCard] = cards.map((card) => card.lastChild);
  root.append(heading("State", "Put the double into any state, and back"), h("div", { class: "cards" }, cards));

  // Runs what changes the state, and shows it anew.
  const doing = (work, words) => attempt(async () => {
    await work();
    if (words) tell(words);
    await load();
  });

  const load = attempt(async () => {
    const [listed, snapshots, clock, faults] = await Promise.all(["worlds", "snapshots", "clock", "faults"].map((path) => get(path)));
    worldCard.replaceChildren(...worldPart(listed));
    snapshotCard.replaceChildren(...snapshotPart(snapshots));
    clockCard.replaceChildren(...clockPart(clock));
    faultCard.replaceChildren(...faultPart(faults));
  });

  function worldPart(listed) {
    const rows = listed.map((one) => {
      const count = Object.values(one.documents).reduce((sum, number) => sum + number, 0);
      const name = encodeURIComponent(one.name);
      const forget = one.name !== "default" && button("Forget", doing(() => ask("DELETE", `worlds/${name}`), `${one.name} is forgotten`), { class: "danger" });
      const isChosen = one.name === state.world;
      return h("li", {}, h("span", { class: "item-name" }, one.name, isChosen && h("span", { class: "tag" }, "chosen")), h("span", { class: "quiet" }, `${counted(count, "document")}, ${counted(one.writes, "write")}`),
        h("span", { class: "item-actions" }, button("Choose", () => chooseWorld(one.name)), button("Reset", doing(() => ask("POST", `worlds/${name}/reset`), `${one.name} has its seed again`)), forget));
    });
    const name = h("input", { type: "text", placeholder: "a-name", "aria-label": "Name of a world", pattern: "[A-Za-z0-9_.\\-]{1,64}" });
    const begin = attempt(async () => {
      if (!name.value || !name.checkValidity()) throw new Error("a name has 1 to 64 letters, digits, _, . or -");
      await chooseWorld(name.value);
    });
    return [h("ul", { class: "items" }, rows), h("div", { class: "bar-of-actions" }, name, button("Begin a world", begin))];
  }

  function snapshotPart(snapshots) {
    const changes = h("div", { class: "changes", "aria-live": "polite" });
    const rows = snapshots.map((one) => {
      const name = encodeURIComponent(one.name);
      const count = Object.values(one.documents).reduce((sum, number) => sum + number, 0);
      const compare = attempt(async () => changes.replaceChildren(difference(one.name, await get(`snapshots/${name}/diff`))));
      const download = attempt(async () => save(`${one.name}.json`, pretty(await get(`snapshots/${name}`)), "application/json"));
      return h("li", {}, h("span", { class: "item-name" }, one.name), h("span", { class: "quiet" }, `${counted(count, "document")}, ${new Date(one.taken).toLocaleTimeString()}`),
        h("span", { class: "item-actions" }, button("Restore", doing(() => ask("POST", `snapshots/${name}/restore`), `${world()} is as ${one.name} was`)), button("Compare", compare), button("Export", download), button("Delete", doing(() => ask("DELETE", `snapshots/${name}`)), { class: "danger" })));
    });
    const name = h("input", { type: "text", placeholder: "before-checkout", "aria-label": "Name of a snapshot" });
    const named = () => {
      if (!name.value) throw new Error("give the snapshot a name");
      return `snapshots/${encodeURIComponent(name.value)}`;
    };
    const take = doing(() => ask("PUT", named()), "Taken");
    const file = h("input", { type: "file", accept: ".json,application/json", class: "unseen", tabindex: -1, "aria-label": "A snapshot's file" });
    file.addEventListener("change", doing(async () => ask("PUT", named(), { text: await file.files[0].text() }), "Imported"));
    const list = rows.length ? h("ul", { class: "items" }, rows) : h("p", { class: "quiet" }, `No snapshot yet. One is taken of the world ${world()}.`);
    return [list, h("div", { class: "bar-of-actions" }, name, button("Take", take), button("Import", () => file.click()), file), changes];
  }

  function clockPart(clock) {
    const now = h("p", { class: "now" });
    const begun = performance.now();
    const show = () => {
      now.textContent = new Date(Date.parse(clock.now) + (performance.now() - begun) * clock.speed).toISOString().replace("T", " ").slice(0, 19);
    };
    show();
    clearInterval(ticking);
    ticking = setInterval(show, 250);
    const put = (body, words) => doing(() => ask("PUT", "clock", { body }), words);
    const at = h("input", { type: "datetime-local", step: 1, "aria-label": "A moment, in UTC" });
    const moment = () => {
      if (!at.value) throw new Error("choose a moment");
      return { at: `${at.value.length === 16 ? `${at.value}:00` : at.value}Z` };
    };
    const ahead = (by) => new Date(Date.parse(clock.now) + by).toISOString();
    const moves = [["+1 hour", 3_600_000], ["+1 day", 86_400_000], ["+1 week", 604_800_000]].map(([label, by]) => button(label, put({ at: ahead(by), speed: clock.speed }, `Time is ${label} on`)));
    return [now, h("p", { class: "quiet" }, clock.speed === 0 ? "UTC; time stands still" : clock.speed === 1 ? "UTC; time runs" : `UTC; time runs ${clock.speed} times as fast`),
      h("div", { class: "bar-of-actions" }, moves),
      h("div", { class: "bar-of-actions" }, button("Stand still", put({ speed: 0 })), button("60 × as fast", put({ speed: 60 })), button("The machine's", doing(() => ask("DELETE", "clock")))),
      h("div", { class: "bar-of-actions" }, at, button("Go there", doing(() => ask("PUT", "clock", { body: moment() }))))];
  }

  function faultPart(faults) {
    const without = (gone) => faults.filter((one) => one !== gone).map(({ met: _met, ...fault }) => fault);
    const rows = faults.map((fault) => {
      const { met, ...said } = fault;
      const words = Object.entries(said).map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
      return h("li", {}, h("span", { class: "item-name" }, words), h("span", { class: "quiet" }, `met ${met} times`), h("span", { class: "item-actions" }, button("Remove", doing(() => ask("PUT", "faults", { body: without(fault) })), { class: "danger" })));
    });
    const operation = select("Operation", [["", "every operation"], ...state.contract.operations.map((one) => [`${one.method} ${one.path}`, `${one.method} ${one.path}`])]);
    const kind = select("What goes wrong", [["status", "a status"], ["delay", "a delay, in seconds"], ["rule", "a rule refuses"], ["connection", "the connection"], ["trickle", "a slow body, in seconds"]]);
    const value = h("span", { class: "fault-value" });
    const control = () => value.firstChild.value;
    const choose = () => value.replaceChildren(faultValue(kind.value));
    kind.addEventListener("change", choose);
    choose();
    const share = h("input", { type: "number", min: 0, max: 100, value: "100", "aria-label": "Share of the requests, in percent" });
    const add = doing(() => {
      const number = ["status", "delay", "trickle"].includes(kind.value);
      const fault = { [kind.value]: number ? Number(control()) : control(), share: Number(share.value) / 100 };
      if (operation.value) fault.operation = operation.value;
      if (state.world) fault.world = state.world;
      return ask("PUT", "faults", { body: [...without(null), fault] });
    }, "The next requests meet it");
    const list = rows.length ? h("ul", { class: "items" }, rows) : h("p", { class: "quiet" }, "Nothing goes wrong on purpose.");
    return [list, h("div", { class: "fields" }, field("for", operation), field("goes wrong", kind), field("with", value), field("share, %", share)), h("div", { class: "bar-of-actions" }, button("Add the fault", add, { class: "primary" }), faults.length ? button("Remove all", doing(() => ask("DELETE", "faults"))) : null)];
  }

  function faultValue(kind) {
    if (kind === "rule") return select("Rule", state.contract.rules.filter((rule) => rule.refuses).map((rule) => rule.id));
    if (kind === "connection") return select("Connection", [["drop", "dropped before"], ["drop-after", "dropped after"], ["cut", "cut in the body"]]);
    const value = kind === "status" ? "503" : "1";
    return h("input", { type: "number", min: 0, step: kind === "status" ? 1 : 0.1, value, "aria-label": kind });
  }

  let ticking;
  load();
  return { leave: () => clearInterval(ticking) };
}

function difference(name, changed) {
  const collections = Object.entries(changed);
  if (!collections.length) return empty("Nothing has changed", `since ${name} was taken`);
  return h("div", {}, collections.map(([collection, { added, removed, changed: others }]) => h("details", { open: true },
    h("summary", {}, `${collection}: ${added.length} added, ${removed.length} removed, ${others.length} changed`), code(pretty({ added, removed, changed: others })))));
}
