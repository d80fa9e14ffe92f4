// Forms that send themselves: under one key, again and again, until the server has answered below 500.
//   <form method="post" data-send> with a hidden field `key`; a refusal gives the form back with its text

import { ask, pause } from "./ask.js";
import { forgetDraft } from "./drafts.js";
import { parsePage } from "./html.js";
import { placeAll } from "./place.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

async function deliver(form, to, body) {
  const state = form.querySelector("[data-state]");
  for (let wait = 300; ; wait = Math.min(wait * 2, 4000)) {
    try {
      const answer = await ask(to, { method: "POST", body });
      if (answer.status < 500) return answer;
    } catch {
      // no answer: the same again, under the same key
    }
    if (state) state.textContent = word("retrying");
    await pause(wait);
  }
}

async function settle(form, answer) {
  const text = await answer.text();
  if (answer.ok) {
    forgetDraft(form);
    form.closest("dialog")?.close();
    if (form.matches(".toast")) form.remove();
  }
  if (answer.redirected) {
    location.assign(answer.url);
    return;
  }
  if (/^\s*<!doctype/i.test(text)) {
    const main = parsePage(text).getElementById("main");
    if (main) document.getElementById("main").replaceWith(document.adoptNode(main));
  } else placeAll(text, answer.ok);
}

export async function send(form, submitter) {
  if (form.getAttribute("aria-busy") === "true") return;
  const body = new FormData(form, submitter);
  const state = form.querySelector("[data-state]");
  for (const each of form.closest("dialog")?.querySelectorAll(".toast:not(form)") ?? []) each.remove();
  form.setAttribute("aria-busy", "true");
  for (const each of form.querySelectorAll("button")) each.setAttribute("aria-disabled", "true");
  if (state) state.textContent = word("sending");
  try {
    const to = submitter?.hasAttribute("formaction") ? submitter.formAction : form.dataset.action ?? form.action;
    await settle(form, await deliver(form, to, body));
  } catch {
    toast(word("failed"), "bad");
  } finally {
    form.removeAttribute("aria-busy");
    for (const each of form.querySelectorAll("button")) each.removeAttribute("aria-disabled");
    if (state) state.textContent = "";
  }
}

export function watchSends() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-send]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    send(form, event.submitter);
  });
}
