// Whoever writes to the shop on WhatsApp too may go on as the same person, once a code has proved the number.

import { make } from "./dom.js";

export function join(view) {
  const { word, chat } = view;
  const told = make("p", { role: "status" }, word("join_text"));
  const phone = make("input", { type: "tel", name: "phone", autocomplete: "tel", required: true, maxlength: "40", "aria-label": word("join_phone"), placeholder: word("join_phone") });
  const code = make("input", { inputmode: "numeric", name: "code", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6", "aria-label": word("join_code"), placeholder: word("join_code"), hidden: true });
  const go = make("button", { type: "submit" }, word("join_send"));
  const form = make("form", { class: "consent join" }, told, phone, code, make("div", { class: "row" }, go,
    make("button", { type: "button", class: "plain", onclick: () => view.joined(form) }, word("cancel"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      if (code.hidden) {
        await chat.wire.json("POST", "/phone", { phone: phone.value });
        told.textContent = word("join_sent");
        phone.hidden = true;
        code.hidden = false;
        code.required = true;
        go.textContent = word("join_go");
        code.focus();
      } else {
        await chat.wire.json("POST", "/phone/code", { code: code.value });
        view.joined(form);
        view.told(word("joined"));
      }
    } catch (error) {
      told.textContent = error.message || word("offline");
    } finally {
      go.disabled = false;
    }
  });
  view.composer.before(form);
  phone.focus();
}
