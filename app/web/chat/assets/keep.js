// What the page keeps on this device for one chat: the session, what is being written, and what waits to be sent.
// Each waiting message has a place of its own, so two tabs that write at once lose nothing. Nothing of it is a cookie.

export class Keep {
  constructor(line) {
    this.prefix = `nexova:${line}:`;
    this.memory = new Map(); // where a browser keeps nothing, the page itself does
  }

  get(name) {
    try {
      return localStorage.getItem(this.prefix + name) ?? this.memory.get(name) ?? null;
    } catch {
      return this.memory.get(name) ?? null;
    }
  }

  set(name, value) {
    this.memory.set(name, value);
    try { localStorage.setItem(this.prefix + name, value); } catch { /* full or forbidden: until the page closes */ }
  }

  drop(name) {
    this.memory.delete(name);
    try { localStorage.removeItem(this.prefix + name); } catch { /* it was never kept */ }
  }

  names(start) {
    const found = new Set([...this.memory.keys()]);
    try {
      for (let at = 0; at < localStorage.length; at += 1) {
        const name = localStorage.key(at);
        if (name.startsWith(this.prefix)) found.add(name.slice(this.prefix.length));
      }
    } catch { /* what the memory has is all */ }
    return [...found].filter((name) => name.startsWith(start));
  }

  // What waits, in the order in which it was written.
  waiting() {
    return this.names("out:")
      .map((name) => JSON.parse(this.get(name) ?? "null"))
      .filter(Boolean)
      .sort((one, other) => one.at - other.at);
  }

  wait(message) { this.set(`out:${message.id}`, JSON.stringify(message)); }

  done(id) { this.drop(`out:${id}`); }

  // Another person may sit here next: whatever belonged to the one before goes, but for names that begin so.
  forget(but) { for (const name of this.names("")) if (!but || !name.startsWith(but)) this.drop(name); }
}
