// Links and filters that change one part of the page: the same address is fetched and that part taken over.
//   <a href="?cursor=…" data-swap="#main">, <form method="get" data-swap="#main">

import { ask } from "./ask.js";
import { parsePage } from "./html.js";
import { placeAll } from "./place.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

let latest = 0;

export async function swap(address, selector, keep = true) {
  const turn = ++latest;
  const part = document.querySelector(selector);
  part?.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(address, { headers: { accept: "text/html" } });
    const text = await answer.text();
    if (turn !== latest) return;
    if (!answer.ok) {
      placeAll(text);
      return;
    }
    const fresh = parsePage(text);
    const node = fresh.querySelector(selector);
    if (!node) {
      location.assign(answer.url);
      return;
    }
    part.replaceWith(document.adoptNode(node));
    if (keep) history.pushState({ swapped: selector }, "", answer.url);
    document.title = fresh.title;
    node.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
    node.scrollTop = 0;
  } catch {
    toast(word("failed"), "bad");
  } finally {
    document.querySelector(selector)?.removeAttribute("aria-busy");
  }
}

export function watchSwaps() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    swap(link.href, link.dataset.swap);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[method=get][data-swap]");
    if (!form) return;
    event.preventDefault();
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const address = new URL(form.action);
    address.search = query;
    swap(address, form.dataset.swap);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
  addEventListener("popstate", () => location.reload());
}
