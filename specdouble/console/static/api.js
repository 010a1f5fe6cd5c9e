// The control plane of the double that has sent this page, and nobody else.

const BASE = new URL(".", location.href.split("#")[0]);

export const state = {
  contract: null,
  world: "", // empty: every world; what needs one takes the default one
  user: "",
};

export function world() {
  return state.world || "default";
}

export async function ask(method, path, { body, text, form = "json" } = {}) {
  const headers = { "X-Specdouble-World": world() };
  const options = { method, headers, body: text ?? (body === undefined ? undefined : JSON.stringify(body)) };
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), options);
  } catch {
    throw new Error("the double does not answer: has it ended?");
  }
  if (!answer.ok) throw new Error(await reason(answer));
  if (answer.status === 204) return null;
  return form === "json" ? answer.json() : answer.text();
}

async function reason(answer) {
  try {
    const problem = await answer.json();
    return [problem.title, problem.detail].filter(Boolean).join(": ");
  } catch {
    return `the double answered ${answer.status}`;
  }
}

export const get = (path, options) => ask("GET", path, options);

// Server-sent events; the browser connects again by itself, and says what it has seen last.
// `since` is the number of the first exchange that is not known yet: one may come before the stream is open.
export function follow(since, onExchanges, onStatus) {
  const source = new EventSource(new URL(`events?since=${since}`, BASE));
  source.addEventListener("exchanges", (event) => onExchanges(JSON.parse(event.data)));
  source.addEventListener("open", () => onStatus("live"));
  source.addEventListener("error", () => onStatus(source.readyState === EventSource.CLOSED ? "closed" : "connecting"));
  addEventListener("pagehide", () => source.close());
  return source;
}
