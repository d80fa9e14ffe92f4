// One bubble of a thread, for everything that a shop or its visitor can say.

import { button, formatted, icon, make } from "./dom.js";

const clocks = new Map();
const clock = (language) => {
  if (!clocks.has(language)) clocks.set(language, new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }));
  return clocks.get(language);
};
const pictures = new Map(); // the bytes of own files, by message, fetched once

export function bubble(chat, message) {
  const { words, language } = chat.begun;
  const mark = message.is_mine ? icon(message.is_seen ? "two" : "one", words[message.is_seen ? "tick_seen" : "tick_stored"]) : null;
  if (message.is_seen) mark?.classList.add("seen");
  const by = message.by === "operator" ? make("span", { class: "by" }, words.with_person) : null;
  return make("div", { class: `group ${message.is_mine ? "mine" : "theirs"}`, "data-id": message.id, "data-state": `${message.is_seen} ${JSON.stringify(message.content).length}` },
    make("div", { class: "bubble" }, by, about(message), inside(chat, message), make("span", { class: "foot" }, clock(language).format(new Date(message.at)), mark)),
    options(chat, message));
}

// What waits to be sent, or was refused.
export function pending(chat, message) {
  const { words, language } = chat.begun;
  const { said, failed, stored, id } = message;
  const file = chat.files.get(id);
  const shown = said.kind === "file" && file?.type.startsWith("image/") ? picture(file, said.caption || words.picture)
    : said.kind === "file" ? card("file", said.name)
    : said.kind === "place" ? card("pin", words.place)
    : null;
  const text = said.kind === "answer" ? said.title : said.text ?? said.caption;
  const mark = failed ? icon("warn", words.tick_failed) : icon(stored ? "one" : "wait", words[stored ? "tick_stored" : "tick_waiting"]);
  return make("div", { class: `group mine${failed ? " failed" : ""}`, "data-id": id, "data-state": `${failed} ${stored}` },
    make("div", { class: "bubble" }, shown, text ? make("span", { class: "text" }, text) : null,
      make("span", { class: "foot" }, clock(language).format(new Date(message.at)), mark)),
    failed ? make("p", { class: "failure", role: "alert" }, failed, " ",
      said.kind === "file" && !file ? null : button({ onclick: () => chat.again(message) }, words.again),
      button({ onclick: () => chat.discard(message) }, words.discard)) : null);
}

function about(message) {
  return message.product ? make("span", { class: "about" }, message.product) : null;
}

function card(symbol, title, href) {
  const content = [icon(symbol), make("span", {}, title)];
  return make(href ? "a" : "span", { class: "card", href, ...(href && { target: "_blank", rel: "noopener noreferrer" }) }, content);
}

function picture(blob, name) {
  const image = make("img", { src: URL.createObjectURL(blob), alt: name });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  return image;
}

function outside(url) {
  return /^https?:\/\//.test(url) ? url : null;
}

// A file of one's own is behind the session: its bytes are fetched, and shown from here.
function own(chat, message) {
  const { content } = message;
  const name = content.filename ?? chat.begun.words.file;
  const place = card("file", name);
  const bytes = pictures.get(message.id) ?? chat.wire.ask(`/files/${message.id}`).then((answer) => answer.blob());
  pictures.set(message.id, bytes);
  bytes.then((blob) => {
    if (content.media === "image") { place.replaceWith(picture(blob, content.caption || chat.begun.words.picture)); return; }
    const link = card("file", name, URL.createObjectURL(blob));
    link.download = content.filename ?? "";
    place.replaceWith(link);
  }, () => pictures.delete(message.id));
  return place;
}

function inside(chat, message) {
  const { content } = message;
  const text = (words) => (words ? make("span", { class: "text" }, formatted(words)) : null);
  switch (content.kind) {
    case "text": return text(content.text);
    case "answer": return make("span", { class: "text" }, content.title);
    case "buttons":
    case "choices": return [text(content.text), content.footer ? make("small", {}, content.footer) : null];
    case "place": return card("pin", content.name ?? `${content.latitude.toFixed(5)}, ${content.longitude.toFixed(5)}`,
      `https://www.openstreetmap.org/?mlat=${content.latitude}&mlon=${content.longitude}#map=17/${content.latitude}/${content.longitude}`);
    case "file": {
      const url = outside(content.url);
      const shown = !url ? own(chat, message)
        : content.media === "image" ? make("img", { src: url, alt: content.caption || chat.begun.words.picture, loading: "lazy", referrerpolicy: "no-referrer" })
        : card("file", content.filename ?? chat.begun.words.file, url);
      return [shown, text(content.caption)];
    }
    default: return make("small", {}, chat.begun.words.unsupported);
  }
}

function options(chat, message) {
  const { content } = message;
  const press = (id, title) => chat.say({ kind: "answer", message: message.id, option: id, title });
  if (content.kind === "buttons") {
    return make("div", { class: "presses" }, content.buttons.map(({ id, title }) => button({ onclick: () => press(id, title) }, title)));
  }
  if (content.kind !== "choices") return null;
  return make("div", { class: "choices", role: "group", "aria-label": content.opener ?? chat.begun.words.choose }, content.sections.map((section) => [
    section.title ? make("h3", {}, section.title) : null,
    ...section.rows.map((row) => button({ class: "choice", onclick: () => press(row.id, row.title) },
      message.pictures[row.id] ? make("img", { src: message.pictures[row.id], alt: "", loading: "lazy", referrerpolicy: "no-referrer" }) : null,
      make("span", {}, make("b", {}, row.title), row.description ? make("small", {}, row.description) : null))),
  ]));
}
