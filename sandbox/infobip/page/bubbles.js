// One bubble of a thread, for every type that a customer or a shop can send.

import { icon, make } from "/sandbox/assets/dom.js";
import { formatted } from "/sandbox/assets/format.js";
import { openOptions } from "/sandbox/assets/sheets.js";
import { language, word } from "/sandbox/assets/words.js";

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });

export const dayOf = (message) => date.format(new Date(message.at));

const TICKS = { sent: "one-tick", delivered: "two-ticks", read: "two-ticks", failed: "failed" };

function tick(message) {
  const mark = icon(TICKS[message.status] ?? "one-tick", word(`tick_${message.status}`));
  mark.classList.add(message.status);
  return mark;
}

function foot(message) {
  const edited = message.edited ? make("i", {}, word("edited")) : null;
  return make("span", { class: "foot" }, edited, clock.format(new Date(message.at)), tick(message));
}

function showPhoto(address) {
  const dialog = document.getElementById("photo");
  dialog.querySelector("img").src = address;
  dialog.addEventListener("click", () => dialog.close(), { once: true });
  dialog.showModal();
}

function picture(message) {
  const image = make("img", { src: message.media_url, alt: message.text ?? word("photo"), loading: "lazy" });
  const button = make("button", { type: "button", class: "picture", "aria-label": word("open_photo"), onclick: () => showPhoto(message.media_url) }, image);
  image.addEventListener("load", () => button.dispatchEvent(new Event("grown", { bubbles: true })));
  image.addEventListener("error", () => button.replaceWith(card("file", word("photo_missing"), message.media_url)));
  return button;
}

function card(symbol, title, detail) {
  return make("span", { class: "card" }, icon(symbol), make("span", {}, make("b", {}, title), detail ? make("span", {}, detail) : null));
}

function file(message) {
  const name = message.filename ?? word(`kind_${message.type}`);
  const shown = card("file", name, word("open_file"));
  return make("a", { href: message.media_url, target: "_blank", rel: "noopener noreferrer" }, shown);
}

function origin(message) {
  if (message.ad) return card("store", message.ad.headline || word("ad"), message.ad.body);
  return message.product ? card("cart", word("about"), message.product) : null;
}

function inside(message) {
  if (message.deleted) return make("span", { class: "small" }, word("deleted"));
  switch (message.type) {
    case "image":
    case "sticker":
      return message.media_url ? picture(message) : null;
    case "document":
    case "audio":
    case "voice":
    case "video":
      return message.media_url ? file(message) : null;
    case "location":
      return card("pin", message.name ?? word("location"), message.address ?? `${message.latitude.toFixed(5)}, ${message.longitude.toFixed(5)}`);
    case "order":
      return card("cart", word("cart"), (message.items ?? []).map((item) => `${item.quantity} × ${item.sku}`).join(", "));
    case "template":
      return message.text ? null : card("list", word("template"), [message.template, ...(message.placeholders ?? [])].join(" · "));
    case "raw":
      return card("file", word("raw"), "");
    default:
      return null;
  }
}

function presses(phone, message) {
  if (message.direction !== "shop") return null;
  if (message.buttons.length) {
    return make("div", { class: "presses" }, message.buttons.map((entry) => make(
      "button", { type: "button", onclick: () => phone.send({ type: "button_reply", id: entry.id }) }, icon("reply"), entry.title)));
  }
  if (message.rows.length) {
    const open = () => phone.openList(message);
    return make("div", { class: "presses" }, make("button", { type: "button", onclick: open }, icon("list"), message.button ?? word("choose")));
  }
  return null;
}

function quote(phone, message) {
  const found = phone.quotedBy(message);
  return found ? make("span", { class: "quote" }, found) : null;
}

export function group(phone, message, newSide) {
  const mine = message.direction === "customer";
  const text = message.text && message.type !== "location" ? make("span", { class: "bubble-text" }, formatted(message.text)) : null;
  const small = message.footer ? make("span", { class: "small" }, message.footer) : null;
  const failure = message.status === "failed" ? make("span", { class: "small failure" }, word("not_delivered")) : null;
  const more = message.deleted ? null : make("button", {
    type: "button", class: "more", title: word("more"), "aria-label": word("more"), onclick: () => openOptions(phone, message),
  }, icon("more"));
  const bubble = make("div", { class: "bubble" }, more, quote(phone, message), origin(message), inside(message), text, foot(message), small, failure);
  return make("div", { class: `group ${mine ? "mine" : "theirs"}${newSide ? " new-side" : ""}`, "data-n": message.n }, bubble, presses(phone, message));
}

export function typing() {
  return make("div", { class: "group theirs new-side", "aria-hidden": "true" }, make("div", { class: "bubble dots" }, make("i"), make("i"), make("i")));
}
