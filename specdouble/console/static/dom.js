// Elements made of values. Whatever comes from a request, a document or the contract becomes a text node: no markup is
// ever read from a string.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "selected" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function button(label, onclick, attributes = {}) {
  return h("button", { type: "button", onclick, ...attributes }, label);
}

export function select(label, options, attributes = {}) {
  // Options are texts, or pairs of a value and a text.
  const pairs = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  const { value, ...others } = attributes;
  const element = h("select", { "aria-label": label, ...others }, pairs.map(([key, text]) => h("option", { value: key }, text)));
  if (value !== undefined) element.value = value;
  return element;
}

export function field(label, control, hint = null) {
  return h("label", { class: "field" }, h("span", { class: "field-name" }, label), control, hint && h("span", { class: "hint" }, hint));
}

// A file and a line of it; of the file's path its name alone, for lines are narrow.
export function placeOf({ file, line }) {
  return h("span", { class: "place", title: `${file}:${line}` }, `${file.split("/").pop()}:${line}`);
}

export function empty(title, hint) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), hint && h("p", {}, hint));
}

export function heading(title, subtitle, ...actions) {
  const words = h("div", {}, h("h1", {}, title), subtitle && h("p", { class: "subtitle" }, subtitle));
  return h("header", { class: "heading" }, words, h("div", { class: "actions" }, actions));
}

const told = h("div", { class: "toast", role: "status", "aria-live": "polite" });
let vanishing;

export function tell(text, isError = false) {
  if (!told.isConnected) document.body.append(told);
  told.textContent = text;
  told.className = `toast shown${isError ? " is-error" : ""}`;
  clearTimeout(vanishing);
  vanishing = setTimeout(() => told.classList.remove("shown"), isError ? 8000 : 3000);
}

// For who goes by the keyboard: where a list has no room beside its detail, the focus goes into the detail, and back to
// the link that had opened it.
export function carryFocus(list, detail, link) {
  const focused = document.activeElement;
  if (!list.checkVisibility()) detail.focus();
  else if (!detail.checkVisibility() && (focused === document.body || detail.contains(focused))) link?.focus();
}

// Runs what a button does, and tells why it could not be done.
export function attempt(work) {
  return async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      tell(error.message, true);
      return undefined;
    }
  };
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`Copied ${what}`);
  } catch {
    // Behind a name that is no secure context there is no clipboard: the text is shown, to be taken by hand.
    const area = h("textarea", { readonly: true, rows: 12, "aria-label": what }, text);
    const dialog = h("dialog", { class: "dialog" }, h("p", {}, `Copy ${what} from here:`), area);
    dialog.append(h("form", { method: "dialog" }, h("button", { class: "primary" }, "Close")));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    area.select();
  }
}

export function save(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// How many there are of something whose name takes an s.
export const counted = (number, noun) => `${number.toLocaleString()} ${noun}${number === 1 ? "" : "s"}`;
