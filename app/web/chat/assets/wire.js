// How the page asks the server: with the session in a header, again and again while nobody answers, and by a stream.

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Refused extends Error {
  constructor(status, code, detail, retryAfter) {
    super(detail);
    Object.assign(this, { status, code, detail, retryAfter });
  }
}

const SILENT = 45_000; // the server says something every 20 s; silence beyond this is a dead line

export class Wire {
  constructor({ root, line, language, keep, identity }) {
    Object.assign(this, { language, keep, identity });
    this.base = `${root}/chat/${line}`;
    this.beginning = null;
  }

  async ask(path, options = {}, isAgain = false) {
    const session = this.keep.get("session");
    const headers = { "accept-language": this.language, ...options.headers, ...(session ? { authorization: `Bearer ${session}` } : {}) };
    const answer = await fetch(this.base + path, { ...options, headers, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" });
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 401 && !isAgain && path !== "/session") {
      await this.begin();
      return this.ask(path, options, true);
    }
    throw new Refused(answer.status, told.code ?? "error", told.detail ?? "", Number(answer.headers.get("retry-after")) || 0);
  }

  json(method, path, body) {
    return this.ask(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }

  // One beginning at a time: whoever comes meanwhile gets the same, or one after it where something was said anew.
  begin({ anew = false, agrees = false } = {}) {
    const before = this.beginning;
    if (before && !anew) return before;
    const own = Promise.resolve(before).catch(() => {}).then(() => this.beginOnce(agrees))
      .finally(() => { if (this.beginning === own) this.beginning = null; });
    return (this.beginning = own);
  }

  async beginOnce(agrees) {
    const identity = typeof this.identity === "function" ? await this.identity() : this.identity;
    const begin = async (who) => (await this.json("POST", "/session", { identity: who ?? null, language: this.language, agrees })).json();
    let begun;
    try {
      begun = await begin(identity);
    } catch (error) {
      // What was signed counts no more: the shop may be asked for another one; without one somebody goes on as a stranger.
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      if (this.identity === identity) this.identity = null;
      begun = await begin(null);
    }
    this.keep.set("session", begun.session);
    this.begun?.(begun);
    return begun;
  }

  // Calls `heard(name, data)` until `signal` is aborted; returns when the stream ends.
  async follow(after, heard, signal) {
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal.addEventListener("abort", abort);
    let quiet;
    const alive = () => { clearTimeout(quiet); quiet = setTimeout(abort, SILENT); };
    try {
      alive();
      const answer = await this.ask(`/stream?after=${after}`, { signal: stop.signal });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; ;) {
        const { value, done } = await reader.read();
        if (done) return;
        alive();
        text += value;
        const parts = text.split("\n\n");
        text = parts.pop();
        for (const part of parts) {
          const [name, data] = part.split("\n").map((row) => row.slice(row.indexOf(":") + 1).trim());
          heard(name, data);
        }
      }
    } finally {
      clearTimeout(quiet);
      signal.removeEventListener("abort", abort);
      stop.abort();
    }
  }
}
