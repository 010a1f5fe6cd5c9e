"use strict";

const filter = document.querySelector(".filter");
filter.hidden = false;
filter.addEventListener("click", ({ target }) => {
  if (target.dataset.state === undefined) return;
  for (const button of filter.children) button.setAttribute("aria-pressed", String(button === target));
  for (const rule of document.querySelectorAll(".rule")) {
    rule.hidden = target.dataset.state !== "" && rule.dataset.state !== target.dataset.state;
  }
});

document.addEventListener("click", async ({ target }) => {
  const source = target.dataset && target.dataset.copy && document.getElementById(target.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent);
    target.textContent = "Copied";
  } catch {
    // Without a clipboard (an old browser, a page of another origin) the lines are selected, to be copied by hand.
    getSelection().selectAllChildren(source);
    target.textContent = "Selected";
  }
});
