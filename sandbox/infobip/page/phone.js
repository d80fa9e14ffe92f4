// One customer's phone: its thread, its composer, and the clockwork that keeps it up to date.

import { call, messagesOf } from "/sandbox/assets/api.js";
import { dayOf, group, typing } from "/sandbox/assets/bubbles.js";
import { icon, make, notice } from "/sandbox/assets/dom.js";
import { openList, openMenu } from "/sandbox/assets/sheets.js";
import { word } from "/sandbox/assets/words.js";

const FAST = 350, CALM = 1200, HIDDEN = 5000, EXCITED = 20000;
const LOOK_BACK = 40;

const initials = (name) => name.split(/\s+/).slice(0, 2).map((part) => part[0] ?? "").join("").toUpperCase();
const spelled = (phone) => `+${phone.slice(0, 2)} ${phone.slice(2, 5)} ${phone.slice(5)}`;

export class Phone {
  constructor(owner, connection, { onNews, onChange, onClose }) {
    Object.assign(this, { owner, connection, onNews, onChange });
    this.messages = new Map();
    this.excitedUntil = Date.now() + EXCITED;
    this.isTyping = false;
    this.atEnd = true;
    this.build(onClose);
    this.keepLooking();
  }

  build(onClose) {
    const { owner, connection } = this;
    this.face = make("span", { class: "owner-face", "aria-hidden": "true" }, initials(owner.name));
    const name = make("input", { class: "owner-name", value: owner.name, maxlength: 80, "aria-label": word("customer_name"), spellcheck: "false" });
    name.addEventListener("change", () => this.rename(name));
    this.state = make("span", { class: "shop-state" }, word("online"));
    this.thread = make("div", { class: "thread", role: "log", "aria-live": "polite", "aria-label": word("thread", { name: owner.name }), tabindex: 0 });
    this.text = make("textarea", { rows: 1, placeholder: word("write"), "aria-label": word("write"), enterkeyhint: "send", maxlength: 4096 });
    this.sendButton = make("button", { class: "round send", "aria-label": word("send"), disabled: true }, icon("send"));
    this.photoInput = make("input", { type: "file", accept: "image/*,application/pdf", hidden: true, "aria-label": word("photo") });
    this.photoInput.addEventListener("change", () => this.sendFile());
    this.composer = make("form", { class: "composer" },
      make("button", { type: "button", class: "round", "aria-label": word("attach"), onclick: () => openMenu(this) }, icon("plus")),
      this.text, this.sendButton, this.photoInput);
    this.pointed = make("div", { class: "pointed", hidden: true });
    this.thread.addEventListener("scroll", () => { this.atEnd = this.isAtEnd(); });
    this.thread.addEventListener("grown", () => this.stay());
    this.listen();
    this.screen = make("div", { class: "screen" },
      make("div", { class: "shop" }, make("span", { class: "shop-face" }, icon("store")),
        make("div", { class: "shop-words" }, make("span", { class: "shop-name", title: connection.name }, connection.name), this.state)),
      this.thread, this.pointed, this.composer);
    this.element = make("section", { class: "device", "aria-label": word("phone_of", { name: owner.name }) },
      make("div", { class: "owner" }, this.face,
        make("div", { class: "owner-words" }, name, make("span", { class: "owner-phone" }, spelled(owner.phone))),
        make("button", { type: "button", class: "tool", title: word("put_away"), "aria-label": word("put_away"), onclick: onClose }, icon("close"))),
      this.screen);
    this.draw();
  }

  listen() {
    this.text.addEventListener("input", () => this.resize());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.composer.requestSubmit();
      }
    });
    this.composer.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.text.value.trim();
      if (!text) return;
      const { how, message } = this.pointing ?? {};
      const content = how === "editing" ? { type: "edit", target: message.n, text } : { type: "text", text, reply_to: message?.n };
      this.text.value = "";
      this.point(null);
      if (!(await this.send(content))) {
        this.text.value = this.text.value || text;
        this.resize();
      }
    });
    this.text.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.pointing) this.point(null); });
  }

  point(how, message) {
    if (!how && this.pointing?.how === "editing") this.text.value = "";
    this.pointing = how ? { how, message } : null;
    this.pointed.hidden = !how;
    if (how) {
      const stop = make("button", { type: "button", class: "round", "aria-label": word("cancel"), onclick: () => this.point(null) }, icon("close"));
      this.pointed.replaceChildren(make("span", { class: "quote" }, make("b", {}, word(how)), ` ${(message.text ?? word("photo")).slice(0, 120)}`), stop);
      if (how === "editing") this.text.value = message.text ?? "";
      this.text.focus();
    }
    this.resize();
  }

  resize() {
    this.text.rows = 1;
    const line = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.rows = Math.min(5, Math.max(1, Math.round((this.text.scrollHeight - 18) / line)));
    this.sendButton.disabled = !this.text.value.trim();
  }

  rename(field) {
    this.owner.name = field.value.trim() || this.owner.name;
    field.value = this.owner.name;
    this.face.textContent = initials(this.owner.name);
    this.onChange();
  }

  async send(content) {
    this.excitedUntil = Date.now() + EXCITED;
    try {
      const body = { connection: this.connection.id, profile_name: this.owner.name, ...content };
      const { message } = await call(messagesOf(this.owner.phone), { method: "POST", body });
      this.atEnd = true;
      this.take([message], this.isTyping);
      this.lookSoon();
      return true;
    } catch (error) {
      notice(error.message);
      return false;
    }
  }

  choosePhoto() { this.photoInput.click(); }

  async sendFile() {
    const [file] = this.photoInput.files;
    if (!file) return;
    const form = new FormData();
    const caption = this.text.value.trim();
    const fields = { connection: this.connection.id, profile_name: this.owner.name, type: file.type.startsWith("image/") ? "image" : "document" };
    if (caption) fields.caption = caption;
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", file);
    this.photoInput.value = "";
    try {
      const { message } = await call(messagesOf(this.owner.phone), { method: "POST", body: form });
      this.text.value = "";
      this.resize();
      this.take([message], this.isTyping);
      this.lookSoon();
    } catch (error) { notice(error.message); }
  }

  openList(message) { openList(this, message); }

  quotedBy(message) {
    const found = this.messages.get(message.quoted);
    return found ? (found.text ?? "").slice(0, 120) : null;
  }

  async look() {
    const newest = Math.max(0, ...this.messages.keys());
    const query = { connection: this.connection.id, after: this.messages.size ? Math.max(0, newest - LOOK_BACK) : 0 };
    const seen = await call(messagesOf(this.owner.phone), { query });
    this.take(seen.messages, seen.typing);
  }

  take(found, isTyping) {
    let changed = isTyping !== this.isTyping, hasNews = false;
    this.isTyping = isTyping;
    for (const message of found) {
      const known = this.messages.get(message.n);
      if (known && known.status === message.status && known.text === message.text && known.deleted === message.deleted) continue;
      changed = true;
      hasNews ||= !known && message.direction === "shop";
      this.messages.set(message.n, message);
    }
    if (!changed) return;
    if (hasNews) this.excitedUntil = Date.now() + EXCITED;
    this.draw();
    if (hasNews) this.onNews();
  }

  draw() {
    const ordered = [...this.messages.values()].sort((one, other) => one.n - other.n);
    const parts = [];
    let day, side;
    for (const message of ordered) {
      const today = dayOf(message);
      if (today !== day) parts.push(make("div", { class: "day" }, today));
      parts.push(group(this, message, message.direction !== side || today !== day));
      [day, side] = [today, message.direction];
    }
    if (this.isTyping) parts.push(typing());
    this.thread.replaceChildren(...(parts.length ? parts : [this.start()]));
    this.state.textContent = word(this.isTyping ? "typing" : "online");
    this.state.classList.toggle("typing", this.isTyping);
    this.stay();
  }

  isAtEnd() { return this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < 90; }

  stay() { if (this.atEnd) this.thread.scrollTop = this.thread.scrollHeight; }

  start() {
    const tries = word("suggestions").split("|").map((text) => make("button", { type: "button", onclick: () => this.send({ type: "text", text }) }, text));
    return make("div", { class: "thread-start" }, make("p", {}, word("start", { shop: this.connection.name })), make("div", { class: "suggestions" }, tries));
  }

  async keepLooking() {
    if (this.gone) return;
    try { await this.look(); } catch { this.excitedUntil = 0; }
    const pause = document.hidden ? HIDDEN : Date.now() < this.excitedUntil ? FAST : CALM;
    if (!this.gone) this.timer = setTimeout(() => this.keepLooking(), pause);
  }

  lookSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keepLooking(), 60);
  }

  close() {
    this.gone = true;
    clearTimeout(this.timer);
    this.element.remove();
  }
}
