// What has been provoked of the contract, and what never.

import { ask, get } from "./api.js";
import { bar, legend, meter } from "./charts.js";
import { attempt, button, empty, h, heading, save } from "./dom.js";

const LATER = 1500; // milliseconds between two looks while requests come

export function coverage(root) {
  const place = h("div", {});
  const download = attempt(async () => save("contract.info", await get("coverage?format=lcov", { form: "text" }), "text/plain"));
  const anew = attempt(async () => {
    await ask("DELETE", "coverage");
    await load();
  });
  root.append(heading("Coverage", "What your clients have seen of the contract, in all worlds", button("Download lcov", download), button("Begin anew", anew)), place);

  const load = attempt(async () => place.replaceChildren(...shown(await get("coverage"))));

  let waiting = null;
  function news() {
    waiting ??= setTimeout(() => {
      waiting = null;
      load();
    }, LATER);
  }

  load();
  return { news, leave: () => clearTimeout(waiting) };
}

function shown(report) {
  const meters = Object.entries(report.summary).filter(([, { of }]) => of).map(([name, { seen, of }]) => meter(name, seen, of));
  return [h("div", { class: "meters" }, meters), h("div", { class: "cards" }, never(report), rules(report)), statuses(report)];
}

function never({ never: { operations, refusals, statuses: unanswered }, rules: known }) {
  const sentences = new Map(known.map((rule) => [rule.id, rule.sentence]));
  const groups = [
    ["Refusals", refusals.map((rule) => [h("code", {}, rule), ` ${sentences.get(rule)}`])],
    ["Operations", operations],
    ["Statuses of operations that were asked", unanswered],
  ].filter(([, entries]) => entries.length);
  const parts = groups.map(([title, entries], at) => h("details", { open: at === 0 }, h("summary", {}, `${title} (${entries.length})`), h("ul", { class: "plain bounded", tabindex: 0, role: "list", "aria-label": title }, entries.map((entry) => h("li", {}, entry)))));
  return h("section", { class: "card" }, h("h2", { class: "group" }, "Never seen"), parts.length ? parts : empty("Everything has been seen", "Each operation, status and refusal of the contract."));
}

function rules({ rules: known }) {
  const refusing = known.filter((rule) => rule.refuses);
  const most = Math.max(1, ...refusing.map((rule) => rule.refused + rule.kept));
  const rows = refusing.map((rule) => h("li", { class: "measured" }, h("span", { class: "measured-name", title: rule.sentence }, rule.id), bar([["kept", rule.kept], ["refused", rule.refused]], most, rule.id), h("span", { class: "quiet" }, `${rule.refused} refused, ${rule.kept} kept`)));
  const key = h("span", { class: "legend" }, ["kept", "refused"].map((kind) => h("span", { class: "legend-entry" }, h("i", { class: `swatch bg-${kind}` }), kind)));
  return h("section", { class: "card" }, h("h2", { class: "group" }, "Rules hit", key), rows.length ? h("ul", { class: "bars" }, rows) : h("p", { class: "quiet" }, "No rule of the contract refuses."));
}

function statuses({ operations }) {
  const most = Math.max(1, ...operations.map((one) => one.asked));
  const rows = [...operations].sort((one, other) => other.asked - one.asked).map((operation) => {
    const classes = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };
    for (const [status, count] of Object.entries(operation.statuses)) classes[/^[1-5]/.test(status) ? `${status[0]}xx` : "5xx"] += count;
    const declared = Object.entries(operation.statuses).map(([status, count]) => h("span", { class: count ? "seen-status" : "seen-status is-missing" }, count ? `${status} × ${count}` : status));
    return h("li", { class: "measured" }, h("span", { class: "measured-name" }, operation.operation), bar(Object.entries(classes), most, operation.operation), h("span", { class: "seen-statuses" }, declared));
  });
  return h("section", { class: "card" }, h("h2", { class: "group" }, "Statuses by operation", legend()), h("ul", { class: "bars" }, rows));
}
