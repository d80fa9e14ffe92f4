// What slides up from the bottom of a phone: rows of a list, attachments, a place, a cart.

import { icon, make } from "/sandbox/assets/dom.js";
import { word } from "/sandbox/assets/words.js";

function open(phone, title, ...content) {
  const before = document.activeElement;
  const close = () => { veil.remove(); before?.focus?.(); };
  const sheet = make("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": title },
    make("div", { class: "sheet-head" }, make("h2", {}, title),
      make("button", { type: "button", class: "round", "aria-label": word("close"), onclick: close }, icon("close"))),
    ...content);
  const veil = make("div", { class: "sheet-veil" }, sheet);
  veil.addEventListener("click", (event) => { if (event.target === veil) close(); });
  veil.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  phone.screen.append(veil);
  sheet.querySelector("input, .row, .menu button, button")?.focus();
  return close;
}

export function openList(phone, message) {
  const parts = [];
  let section;
  for (const row of message.rows) {
    if (row.section && row.section !== section) parts.push(make("h3", {}, row.section));
    section = row.section;
    const choose = () => { close(); phone.send({ type: "list_reply", id: row.id }); };
    parts.push(make("button", { type: "button", class: "row", onclick: choose }, make("b", {}, row.title), row.description ? make("span", {}, row.description) : null));
  }
  const close = open(phone, message.button ?? word("choose"), ...parts);
}

export function openMenu(phone) {
  const entry = (symbol, title, act) => make("button", { type: "button", onclick: () => { close(); act(); } }, icon(symbol), title);
  const close = open(phone, word("attach"), make("div", { class: "menu" },
    entry("camera", word("photo"), () => phone.choosePhoto()),
    entry("pin", word("location"), () => openPlace(phone)),
    entry("cart", word("cart"), () => openCart(phone)),
    entry("file", word("about_product"), () => openProduct(phone)),
    entry("store", word("from_ad"), () => openAdvertisement(phone))));
}

export function openOptions(phone, message) {
  const entry = (symbol, title, act) => make("button", { type: "button", onclick: () => { close(); act(); } }, icon(symbol), title);
  const mine = message.direction === "customer";
  const close = open(phone, word("more"), make("div", { class: "menu" },
    entry("reply", word("answer"), () => phone.point("answering", message)),
    mine && message.type === "text" ? entry("list", word("edit"), () => phone.point("editing", message)) : null,
    mine ? entry("close", word("delete"), () => phone.send({ type: "delete", target: message.n })) : null));
}

function field(name, title, attributes = {}) {
  return make("label", {}, title, make("input", { name, autocomplete: "off", ...attributes }));
}

function openPlace(phone) {
  const number = { inputmode: "decimal", required: true, type: "number", step: "any" };
  const form = make("form", { class: "form" },
    field("name", word("place_name"), { value: word("place_example") }),
    field("address", word("place_address"), { value: word("place_address_example") }),
    make("div", { class: "pair" },
      field("latitude", word("latitude"), { ...number, value: "10.49120", min: -90, max: 90 }),
      field("longitude", word("longitude"), { ...number, value: "-66.85340", min: -180, max: 180 })),
    make("button", { class: "go" }, word("send_place")));
  const close = open(phone, word("location"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = Object.fromEntries(new FormData(form));
    close();
    phone.send({ type: "location", ...said, latitude: Number(said.latitude), longitude: Number(said.longitude) });
  });
}

function openSaying(phone, title, example, fields, content) {
  const form = make("form", { class: "form" }, ...fields,
    field("text", word(example.said), { required: true, value: word(example.words) }), make("button", { class: "go" }, word("send_it")));
  const close = open(phone, title, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = Object.fromEntries(new FormData(form));
    close();
    phone.send({ type: "text", text: said.text, ...content(said) });
  });
}

function openProduct(phone) {
  openSaying(phone, word("about_product"), { said: "product_said", words: "product_example" },
    [field("sku", word("sku"), { required: true })], (said) => ({ product: said.sku.trim() }));
}

function openAdvertisement(phone) {
  openSaying(phone, word("from_ad"), { said: "ad_said", words: "ad_example" },
    [field("headline", word("ad_headline"), { required: true }), field("body", word("ad_body"))],
    (said) => ({ ad: { headline: said.headline, body: said.body } }));
}

function openCart(phone) {
  const line = () => make("div", { class: "item" },
    field("sku", word("sku"), { required: true }), field("quantity", word("quantity"), { type: "number", min: 1, value: 1, required: true }));
  const lines = make("div", { class: "form" }, line());
  const more = make("button", { type: "button", class: "plain", onclick: () => lines.append(line()) }, word("add_line"));
  const form = make("form", { class: "form" }, lines, more, make("button", { class: "go" }, word("send_cart")));
  const close = open(phone, word("cart"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = new FormData(form);
    const quantities = said.getAll("quantity");
    const items = said.getAll("sku").map((sku, place) => ({ sku: sku.trim(), quantity: Number(quantities[place]) }));
    close();
    phone.send({ type: "order", items });
  });
}
