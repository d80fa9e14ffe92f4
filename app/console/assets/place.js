// Puts a fragment where it says it belongs. Doing it twice changes nothing, so an event may come again.
//   data-place="end:thread" | "start:list" | "sorted:list" | "keep:list" (drops what is not among data-ids) | "remove"
//   | "hand:form" (gives a field `text` its words back); without it a fragment stands where its like stands
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
// `later` are what shall stand in it once the pointer has gone, by id: a node and where it goes, or nothing for one that leaves.
function laterIn(list) {
  if (!waiting.has(list)) {
    const later = new Map();
    waiting.set(list, later);
    list.addEventListener("pointerleave", () => {
      waiting.delete(list);
      list.removeAttribute("data-news");
      for (const [id, coming] of later) {
        document.getElementById(id)?.remove();
        if (coming) enter(list, ...coming);
      }
    }, { once: true });
  }
  list.setAttribute("data-news", "true");
  return waiting.get(list);
}

function keep(list, kept) {
  for (const [id, coming] of waiting.get(list) ?? []) {
    if (!coming && kept.has(id)) {
      waiting.get(list).delete(id);
      document.getElementById(id)?.classList.remove("gone");
    } else if (coming && !kept.has(id)) waiting.get(list).delete(id);
  }
  for (const each of [...list.children]) {
    if (kept.has(each.id)) continue;
    if (list.matches(":hover")) {
      each.classList.add("gone");
      laterIn(list).set(each.id, null);
    } else each.remove();
  }
}

export function hand(given, form) {
  const field = form?.elements.text;
  if (!field || field.value) return;
  field.value = given;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true })); // so that it is kept as a draft, and the field grows with it
}

export function place(node, isOwn = false) {
  const [where, target] = (node.dataset.place ?? "replace").split(":");
  const standing = node.id ? document.getElementById(node.id) : null;
  if (where === "keep") {
    const kept = document.getElementById(target);
    if (kept) keep(kept, new Set(node.dataset.ids.split(" ")));
    return;
  }
  if (where === "hand") {
    hand(node.content.querySelector("textarea").value, document.getElementById(target));
    return;
  }
  if (standing?.isEqualNode(node)) return;
  if (where === "remove") {
    standing?.remove();
    return;
  }
  if (standing && !isOwn && isWrittenIn(standing)) return;
  const hadFocus = Boolean(standing?.contains(document.activeElement));
  const above = target === "toasts" ? document.querySelector("dialog:modal .dialog-body") : null; // else it would lie behind it
  const list = above ?? (target ? document.getElementById(target) : null);
  if (where === "sorted" && list?.matches(":hover")) {
    if (standing) {
      const same = standing.dataset.order === node.dataset.order;
      standing.replaceChildren(...node.cloneNode(true).childNodes);
      standing.className = node.className;
      standing.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
      if (same) return;
    }
    laterIn(list).set(node.id, [node, where]);
    return;
  }
  if (where === "sorted" && standing) {
    const focused = standing.contains(document.activeElement);
    standing.remove();
    if (list) enter(list, node, where);
    if (focused) (node.matches("a, button, [tabindex]") ? node : node.querySelector("a, button"))?.focus({ preventScroll: true });
  } else if (standing) {
    standing.replaceWith(node);
    if (hadFocus) node.querySelector("textarea, button, a, input:not([type=hidden])")?.focus({ preventScroll: true });
  }
  else if (list) {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    enter(list, node, where);
    if (where === "end" && atEnd) list.scrollTop = list.scrollHeight;
  }
  node.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
}

export function placeAll(text, isOwn = false) {
  for (const node of [...parse(text).children]) place(node, isOwn);
}
