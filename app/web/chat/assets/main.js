// A chat of one page: what was said, what waits to be sent, and the line that is kept open, by one tab for all of them.

import { Keep } from "./keep.js";
import { View } from "./view.js";
import { Refused, Wire, pause } from "./wire.js";

const LONGEST = 15_000;
const GIVES_UP = new Set([400, 403, 404, 413, 415, 422]); // what is refused so is refused the next time as well

// What is sent of a message; the rest of it is for showing it while it waits.
function wired({ kind, text, product, message, option, caption, latitude, longitude }) {
  return { kind, text, product, message, option, caption, latitude, longitude };
}

class Chat {
  constructor(given) {
    this.given = given;
    this.keep = new Keep(given.line);
    this.who = this.keep.get("who");
    this.wire = new Wire({ ...given, keep: this.keep });
    this.messages = new Map();
    this.files = new Map(); // what is to be uploaded lives as long as the page
    this.number = 0;
    this.read = Number(this.keep.get("read")) || 0;
    this.isOpen = false;
    this.isLeading = false;
    this.hasEarlier = false;
    this.isAnswering = false;
    this.voice = "agent";
    this.waiters = new Set();
    this.wire.begun = (begun) => { if (this.view) this.takeBegun(begun); };
    this.channel = "BroadcastChannel" in self ? new BroadcastChannel(`nexova:${given.line}`) : null;
    this.channel?.addEventListener("message", ({ data }) => this.hear(data));
  }

  async begin() {
    const [begun, css] = await Promise.all([
      this.wire.begin(),
      fetch(`${this.given.root}/chat/-/${this.given.release}/chat.css`).then((answer) => answer.text()),
    ]);
    this.takeOver(begun, true);
    this.begun = begun;
    this.view = new View(this, css);
    this.tidy();
    this.takeBegun(begun);
    this.lead();
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.lookAgain(); });
    return this;
  }

  // Somebody else may sit here now, in all tabs. What a stranger had not sent yet goes with them when they sign in.
  takeOver(begun, isOurs) {
    const [before, now] = [this.who, `${begun.is_known ? "known" : "stranger"} ${begun.who}`];
    this.who = now;
    if (before && before !== now) {
      const wasKnown = before.startsWith("known");
      if (wasKnown && this.view) this.view.text.value = "";
      if (isOurs) {
        this.keep.forget(wasKnown ? "" : "out:");
        this.keep.set("session", begun.session);
        this.tell({ begun });
      } else this.keep.memory.clear();
      this.messages.clear();
      this.read = 0;
      this.following?.abort();
    }
    if (isOurs) this.keep.set("who", now);
  }

  // What an earlier page has left: bytes went with it, and what was stored long ago is told by the thread.
  tidy() {
    for (const message of this.keep.waiting()) {
      if (message.stored && message.at < Date.now() - 3600_000) this.keep.done(message.id);
      else if (message.said.kind === "file" && message.at < Date.now() - 60_000 && !message.stored) this.keep.wait({ ...message, failed: this.begun.words.file_lost });
    }
  }

  takeBegun(begun, isOurs = true) {
    this.takeOver(begun, isOurs);
    this.begun = begun;
    this.number = begun.thread.number;
    this.hasEarlier = begun.thread.has_earlier;
    this.take(begun.thread, false);
  }

  // --- several tabs: one holds the line and sends, the others hear of it ---

  lead() {
    const work = () => { this.isLeading = true; return Promise.all([this.listen(), this.sendAll()]); };
    if (navigator.locks) navigator.locks.request(`nexova:${this.given.line}`, work);
    else work();
  }

  tell(said) { this.channel?.postMessage(said); }

  hear(said) {
    const { begun } = this;
    if (said.begun && begun) this.takeBegun({ ...said.begun, words: begun.words }, false);
    if (said.page && said.who === this.who) this.take(said.page, false);
    if (said.read) this.readUntil(said.read, false);
    if (said.waiting) { this.wake(); this.view?.draw(); }
    if (said.settled) this.view?.draw();
  }

  async lookAgain() {
    this.wake();
    if (!this.isLeading && this.view) await this.look(false);
  }

  async look(isOurs) {
    const { who } = this;
    try {
      const page = await (await this.wire.ask(`/messages?after=${this.number}`)).json();
      if (who === this.who) this.take(page, isOurs);
    } catch { /* the next look will do */ }
  }

  // --- what comes in ---

  async listen() {
    for (let wait = 300; ;) {
      // Nothing can be said to somebody who has never written: no line is kept open for that.
      if (this.messages.size === 0 && this.keep.waiting().length === 0) { await this.woken(); continue; }
      this.following = new AbortController();
      try {
        await this.wire.follow(this.number, (name, data) => {
          wait = 300;
          this.view.connected(true);
          if (name === "page") this.take(JSON.parse(data), true);
          if (name === "ended") this.wire.begin().catch(() => {});
        }, this.following.signal);
      } catch (error) {
        if (error instanceof Refused && error.retryAfter) wait = error.retryAfter * 1000;
        else if (!(error instanceof Refused)) this.view.connected(false);
      }
      await Promise.race([pause(wait * (0.7 + Math.random() * 0.6)), this.woken()]);
      wait = Math.min(wait * 2, LONGEST);
      await this.look(true);
    }
  }

  woken() { return new Promise((done) => this.waiters.add(done)); }

  wake() {
    for (const done of this.waiters) done();
    this.waiters.clear();
  }

  take(page, isOurs) {
    const isNew = page.messages.some((message) => !message.is_mine && !this.messages.has(message.id));
    for (const message of page.messages) {
      this.messages.set(message.id, message);
      if (message.key && this.keep.get(`out:${message.key}`)) { this.keep.done(message.key); this.files.delete(message.key); }
    }
    this.number = Math.max(this.number, page.number);
    this.isAnswering = page.is_answering;
    this.voice = page.voice;
    if (isOurs) this.tell({ page, who: this.who });
    if (this.isOpen && !document.hidden) this.readAll();
    this.unread();
    this.view?.draw(isNew);
    if (isOurs || this.isLeading) this.report();
  }

  get thread() { return [...this.messages.values()].sort((one, other) => one.place - other.place); }

  get theirs() { return this.thread.filter((message) => !message.is_mine); }

  async earlier() {
    const [first] = this.thread;
    if (!first) return;
    const page = await (await this.wire.ask(`/messages?before=${first.place}`)).json();
    this.hasEarlier = page.has_earlier;
    for (const message of page.messages) this.messages.set(message.id, message);
    this.view.draw();
  }

  // --- what was read ---

  unread() {
    const count = this.theirs.filter((message) => message.place > this.read).length;
    this.keep.set("unread", String(count));
    this.given.tellUnread(this.isOpen ? 0 : count);
  }

  readAll() {
    const last = this.theirs.at(-1)?.place ?? 0;
    if (last > this.read) this.readUntil(last, true);
  }

  readUntil(place, isOurs) {
    this.read = Math.max(this.read, place);
    this.keep.set("read", String(this.read));
    this.unread();
    if (isOurs) { this.tell({ read: this.read }); this.report(); }
  }

  async report() {
    const shown = this.theirs.at(-1)?.place ?? 0;
    const told = `${shown} ${this.read}`;
    if (!shown || told === this.reported) return;
    this.reported = told;
    try { await this.wire.json("POST", "/seen", { shown, read: Math.min(this.read, shown) }); } catch { this.reported = ""; }
  }

  // --- what is sent ---

  say(said, file) {
    const message = { id: crypto.randomUUID(), said, at: Date.now(), failed: null };
    if (file) this.files.set(message.id, file);
    this.keep.wait(message);
    this.view.draw(true);
    this.wake();
    this.tell({ waiting: true });
    // Bytes are with this tab alone, so it sends them itself.
    if (file && !this.isLeading) this.deliver(message).then(() => this.view.draw());
  }

  async sendAll() {
    for (let wait = 300; ;) {
      const [next] = this.keep.waiting().filter((message) => !message.failed && !message.stored && (message.said.kind !== "file" || this.files.has(message.id)));
      if (!next) { await this.woken(); wait = 300; continue; }
      const again = await this.deliver(next);
      if (again === null) { wait = 300; continue; }
      await Promise.race([pause(again || wait), this.woken()]);
      wait = Math.min(wait * 2, LONGEST);
    }
  }

  // Null when the message is settled, else how long to wait before it is tried again (0: as long as it takes by itself).
  async deliver(message) {
    try {
      let said = wired(message.said);
      if (said.kind === "file") {
        const bytes = this.files.get(message.id);
        const { file } = await (await this.wire.ask(`/files?name=${encodeURIComponent(bytes.name)}`, { method: "PUT", body: bytes })).json();
        said = { kind: "file", file, caption: said.caption };
      }
      await this.wire.json("POST", "/messages", { id: message.id, said });
      this.settle({ ...message, stored: true });
      return null;
    } catch (error) {
      if (!(error instanceof Refused)) { this.view.connected(navigator.onLine && error.name !== "TypeError"); return 0; }
      if (error.code === "consent_missing") { this.begun.must_agree = true; this.view.draw(); return LONGEST; }
      if (GIVES_UP.has(error.status)) { this.settle({ ...message, failed: error.detail || error.code }); return null; }
      return error.retryAfter * 1000;
    }
  }

  settle(message) {
    if (this.keep.get(`out:${message.id}`)) this.keep.wait(message);
    this.view.draw();
    this.tell({ settled: true });
  }

  again(message) { this.settle({ ...message, failed: null }); this.wake(); }

  discard(message) { this.keep.done(message.id); this.files.delete(message.id); this.view.draw(); }

  // --- what the page asks for ---

  async open() {
    this.isOpen = true;
    this.view.open();
    this.readAll();
    this.unread();
  }

  close() { this.isOpen = false; this.view.close(); this.unread(); }

  toggle() { return this.isOpen ? this.close() : this.open(); }

  async ask(sku, name) { await this.open(); this.view.about({ sku, name }); }

  async agree() {
    await this.wire.begin({ anew: true, agrees: true });
    this.view.draw();
    this.wake();
  }

  // Somebody signs in or out at the shop: what the one before has said is shown to nobody else.
  async identify(identity) {
    if (!identity && !this.wire.identity && !this.begun.is_known) return;
    this.wire.identity = identity;
    await this.wire.begin({ anew: true });
    this.view.draw();
    this.wake();
  }
}

export function start(given) { return new Chat(given).begin(); }
