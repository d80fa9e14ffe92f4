// A notice at the foot of the page: it goes by itself, unless it tells of something that went wrong.

import { word } from "./words.js";

const LASTS = 6000;

function keep(node) {
  if (node.classList.contains("bad")) {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button quiet small";
    close.textContent = word("close");
    close.addEventListener("click", () => node.remove());
    node.append(close);
  } else setTimeout(() => node.remove(), Number(node.dataset.lasts ?? LASTS));
}

export function toast(text, kind = "") {
  const node = document.createElement("div");
  node.className = `toast ${kind}`;
  const said = document.createElement("p");
  said.textContent = text;
  node.append(said);
  document.getElementById("toasts").append(node);
}

export function watchToasts() {
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.classList?.contains("toast")) keep(node);
  }).observe(document.getElementById("toasts"), { childList: true });
}
