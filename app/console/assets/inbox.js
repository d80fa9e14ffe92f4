// The inbox: the thread stays at its end, the list where it was, and a reply says which message its writer has seen.
// A button with data-hands="form" lays the words beside it into the form, if nothing is written there yet.

// While somebody writes, the others who look at the conversation are told now and then.

import { ask } from "./ask.js";
import { hand } from "./place.js";

const TOLD = 3000;

function messages() {
  return [...document.querySelectorAll("#thread [data-message]")];
}

function see(form) {
  const last = messages().at(-1);
  if (last) form.elements.seen.value = last.dataset.message;
  document.getElementById("composer-news").hidden = true;
}

// Rows are replaced as they change; which of them were chosen is kept.
function watchChosen(list) {
  const chosen = new Set();
  list?.addEventListener("change", (event) => {
    if (event.target.matches(".row-choice")) chosen[event.target.checked ? "add" : "delete"](event.target.value);
  });
  document.addEventListener("placed", (event) => {
    const box = event.target.querySelector?.(".row-choice");
    if (box) box.checked = chosen.has(box.value);
  });
}

export function watchInbox() {
  const thread = document.getElementById("thread");
  const list = document.getElementById("list");
  if (thread) thread.scrollTop = thread.scrollHeight;
  if (list) {
    list.scrollTop = Number(sessionStorage.getItem("inbox-scroll") ?? 0);
    list.addEventListener("scroll", () => sessionStorage.setItem("inbox-scroll", String(list.scrollTop)), { passive: true });
  }
  watchChosen(list);
  if (!thread) return;
  document.addEventListener("placed", (event) => {
    const form = document.getElementById("composer");
    if (!form || !event.target.matches?.("[data-message]") || event.target.matches("[data-own]")) return;
    // Whoever is writing is told, and sends once more; whoever is not has seen it by looking.
    if (form.elements.text.value.trim()) document.getElementById("composer-news").hidden = messages().at(-1)?.dataset.message === form.elements.seen.value;
    else see(form);
  });
  let toldAt = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-writing]");
    if (!form || !event.target.value || Date.now() - toldAt < TOLD) return;
    toldAt = Date.now();
    const body = new FormData();
    body.set("form_token", form.elements.form_token.value);
    ask(form.dataset.writing, { method: "POST", body }).catch(() => null); // nothing hangs on it
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-hands]");
    if (button) hand(button.parentElement.querySelector("p").textContent, document.getElementById(button.dataset.hands));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sees]")) event.target.elements.seen.value = messages().at(-1)?.dataset.message ?? "";
    if (event.target.id !== "composer") return;
    const isUnseen = !document.getElementById("composer-news").hidden;
    see(event.target);
    if (isUnseen) {
      event.preventDefault();
      event.stopImmediatePropagation();
      thread.scrollTop = thread.scrollHeight;
    }
  }, { capture: true });
}
