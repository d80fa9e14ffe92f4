// Puts a fragment where it says it belongs. Doing it twice changes nothing, so an event may come again.
//   data-place="end:thread" | "start:list" | "sorted:list" | "replace" | "remove"
// A fragment with the id of something that stands already takes its place. Nothing replaces a form in which somebody writes.

import { parse } from "./html.js";

const waiting = new WeakMap(); // lists under the pointer, and what will enter them once it has gone

function isWrittenIn(node) {
  return node.matches("form, form *") && node.contains(document.activeElement) && document.activeElement.matches("textarea, input:not([type=hidden]), select");
}

function enter(list, node, where) {
  if (where === "start") list.prepend(node);
  else if (where === "sorted") {
    const after = [...list.children].find((each) => Number(each.dataset.order) < Number(node.dataset.order));
    list.insertBefore(node, after ?? null);
  } else list.append(node);
}

// A list that orders itself stays as it is under the pointer: whoever is about to press gets what they see.
function enterLater(list, node, where) {
  if (!waiting.has(list)) {
    const kept = new Map();
    waiting.set(list, kept);
    list.addEventListener("pointerleave", () => {
      waiting.delete(list);
      list.removeAttribute("data-news");
      for (const [each, place] of kept.values()) {
        document.getElementById(each.id)?.remove();
        enter(list, each, place);
      }
    }, { once: true });
  }
  waiting.get(list).set(node.id, [node, where]);
  list.setAttribute("data-news", "true");
}

export function place(node) {
  const [where, target] = (node.dataset.place ?? "replace").split(":");
  const standing = node.id ? document.getElementById(node.id) : null;
  if (where === "remove") {
    standing?.remove();
    return;
  }
  if (standing && isWrittenIn(standing)) return;
  const list = target ? document.getElementById(target) : null;
  if (where === "sorted" && list?.matches(":hover")) {
    if (standing) {
      const same = standing.dataset.order === node.dataset.order;
      standing.replaceChildren(...node.cloneNode(true).childNodes);
      standing.className = node.className;
      if (same) return;
    }
    enterLater(list, node, where);
    return;
  }
  if (where === "sorted" && standing) {
    const focused = standing.contains(document.activeElement);
    standing.remove();
    if (list) enter(list, node, where);
    if (focused) (node.matches("a, button, [tabindex]") ? node : node.querySelector("a, button"))?.focus({ preventScroll: true });
  } else if (standing) standing.replaceWith(node);
  else if (list) {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    enter(list, node, where);
    if (where === "end" && atEnd) list.scrollTop = list.scrollHeight;
  }
  node.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
}

export function placeAll(text) {
  for (const node of [...parse(text).children]) place(node);
}
