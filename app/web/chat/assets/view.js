// What is seen of a chat: the panel with its thread, and the place where something is written.

import { button, icon, make } from "./dom.js";
import { bubble, pending } from "./bubbles.js";

const NEAR = 80; // so close to the end, a reader is taken along

export class View {
  constructor(chat, css) {
    this.chat = chat;
    this.word = (name) => chat.begun.words[name] ?? name;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const { shadow } = chat.given;
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    this.build();
    shadow.append(this.panel);
  }

  build() {
    const { word, chat } = this;
    this.status = make("span", { class: "status" });
    this.log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": word("thread"), tabindex: "0" });
    this.more = button({ class: "earlier", hidden: true, onclick: () => chat.earlier() }, word("earlier"));
    this.notice = make("p", { class: "notice", role: "status", hidden: true });
    this.text = make("textarea", { rows: "1", maxlength: "4096", "aria-label": word("write"), placeholder: word("write"), enterkeyhint: "send" });
    this.text.value = chat.keep.get("draft") ?? "";
    this.text.addEventListener("input", () => { chat.keep.set("draft", this.text.value); this.grow(); });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.text.addEventListener("paste", (event) => {
      const [file] = event.clipboardData?.files ?? [];
      if (file) { event.preventDefault(); this.sendFile(file); }
    });
    const chooser = make("input", { type: "file", hidden: true, accept: "image/jpeg,image/png,image/webp,image/gif,application/pdf", tabindex: "-1",
      onchange: () => { const [file] = chooser.files; if (file) this.sendFile(file); chooser.value = ""; } });
    this.subject = make("p", { class: "subject", hidden: true });
    this.composer = make("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.subject,
      make("div", { class: "row" },
        this.tool("attach", "clip", () => chooser.click()), chooser,
        this.tool("place", "pin", () => this.sendPlace()),
        this.text,
        make("button", { type: "submit", class: "send", "aria-label": word("send"), title: word("send") }, icon("send"))));
    this.consent = make("div", { class: "consent" });
    this.panel = make("section", { class: "panel", role: "dialog", "aria-label": chat.begun.title, hidden: true },
      make("header", {}, make("span", { class: "face", "aria-hidden": "true" }, [...chat.begun.title][0] ?? "·"),
        make("span", { class: "who" }, make("b", {}, chat.begun.title), this.status),
        chat.begun.can_join ? this.tool("join", "link", (event) => this.join(event.currentTarget)) : null,
        this.tool("close", "close", () => chat.close())),
      this.more, this.log, this.notice, this.consent, this.composer);
    this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); chat.close(); } });
  }

  tool(name, symbol, onclick) {
    const title = this.word(name);
    return button({ class: "tool", "aria-label": title, title, onclick }, icon(symbol));
  }

  open() {
    this.panel.hidden = false;
    this.chat.given.button.setAttribute("aria-expanded", "true");
    this.draw(true);
    this.log.scrollTop = this.log.scrollHeight;
    (this.chat.begun.must_agree ? this.consent.querySelector("button") : this.text)?.focus();
    this.grow();
  }

  close() {
    this.panel.hidden = true;
    const launch = this.chat.given.button;
    launch.setAttribute("aria-expanded", "false");
    launch.focus();
  }

  draw(isNew = false) {
    const { chat } = this;
    const isNear = isNew || this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    this.status.textContent = this.word(chat.voice === "operator" ? "with_person" : chat.voice === "waiting" ? "waiting_person" : "with_agent");
    this.more.hidden = !chat.hasEarlier;
    const wanted = [this.greeting(), ...chat.thread.map((message) => bubble(chat, message)), ...chat.keep.waiting().map((message) => pending(chat, message))];
    if (chat.isAnswering) wanted.push(this.dots());
    this.place(wanted);
    this.drawConsent();
    if (isNear) this.log.scrollTop = this.log.scrollHeight;
  }

  // Only what is other than before is put in place: a reader and a screen reader keep where they are.
  place(wanted) {
    const there = new Map([...this.log.children].map((node) => [node.dataset.id, node]));
    let at = null;
    for (const node of wanted) {
      const old = there.get(node.dataset.id);
      const kept = old && old.dataset.state === node.dataset.state ? old : node;
      if (old && kept !== old) old.replaceWith(kept);
      there.delete(node.dataset.id);
      const next = at ? at.nextSibling : this.log.firstChild;
      if (next !== kept) this.log.insertBefore(kept, next);
      at = kept;
    }
    for (const node of there.values()) node.remove();
  }

  greeting() {
    const { greeting } = this.chat.begun;
    return make("div", { class: "group theirs", "data-id": "greeting", "data-state": greeting }, make("div", { class: "bubble" }, greeting));
  }

  dots() {
    return make("div", { class: "group theirs", "data-id": "dots", "data-state": "" },
      make("div", { class: "bubble dots", role: "img", "aria-label": this.word("answering") }, make("i"), make("i"), make("i")));
  }

  drawConsent() {
    const { begun } = this.chat;
    this.composer.hidden = begun.must_agree;
    this.consent.hidden = !begun.must_agree;
    if (!begun.must_agree) { this.consent.replaceChildren(); return; }
    if (this.consent.childElementCount) return;
    const link = begun.consent_url && make("a", { href: begun.consent_url, target: "_blank", rel: "noopener noreferrer" }, this.word("consent_more"));
    this.consent.replaceChildren(
      make("p", {}, begun.consent, " ", link),
      button({ onclick: () => this.chat.agree().then(() => this.text.focus(), () => this.connected(false)) }, this.word("agree")));
  }

  async join(opener) {
    if (this.panel.querySelector(".join")) return;
    this.joining = opener;
    (await import("./join.js")).join(this);
  }

  joined(form) {
    form.remove();
    this.joining.focus();
  }

  connected(is) {
    this.notice.hidden = is;
    this.notice.textContent = is ? "" : this.word("offline");
  }

  about(product) {
    this.product = product;
    this.subject.hidden = !product;
    this.subject.replaceChildren();
    if (!product) return;
    this.subject.append(make("span", {}, product.name), this.tool("drop_subject", "close", () => this.about(null)));
    if (!this.composer.hidden) this.text.focus();
  }

  send() {
    const text = this.text.value.trim();
    if (!text) return;
    this.chat.say({ kind: "text", text, ...(this.product ? { product: this.product.sku } : {}) });
    this.text.value = "";
    this.chat.keep.drop("draft");
    this.about(null);
    this.grow();
    this.text.focus();
  }

  sendFile(file) {
    if (file.size > 10 * 1024 * 1024) { this.told(this.word("file_large")); return; }
    const caption = this.text.value.trim();
    this.chat.say({ kind: "file", name: file.name, media: file.type.startsWith("image/") ? "image" : "document", ...(caption ? { caption } : {}) }, file);
    this.text.value = "";
    this.chat.keep.drop("draft");
  }

  sendPlace() {
    if (!navigator.geolocation) { this.told(this.word("place_refused")); return; }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.chat.say({ kind: "place", latitude: coords.latitude, longitude: coords.longitude }),
      () => this.told(this.word("place_refused")),
      { timeout: 10_000, maximumAge: 60_000 });
  }

  told(text) {
    this.notice.hidden = false;
    this.notice.textContent = text;
    setTimeout(() => this.connected(true), 5000);
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 140)}px`;
  }
}
