// What happens while the page is open: fragments of the server, each put where it says.
//   <body data-live="/console/@shop/inbox/live?after=17">

import { ask } from "./ask.js";
import { placeAll } from "./place.js";
import { word } from "./words.js";

const LONGEST = 1000;
const QUIET = 45_000; // the server says something at least every 20 s; silence beyond this is a dead line

function say(text) {
  const place = document.getElementById("connection");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
  document.documentElement.toggleAttribute("data-behind", Boolean(text));
}

export function listen(from) {
  let last = "";
  let wait = 300;
  let source;
  let heard = 0;
  const address = new URL(from, location);

  const again = () => {
    source?.close();
    clearInterval(heard);
    say(word("reconnecting"));
    setTimeout(open, wait * (0.7 + Math.random() * 0.6));
    wait = Math.min(wait * 2, LONGEST);
  };
  const open = () => {
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    let at = Date.now();
    heard = setInterval(() => { if (Date.now() - at > QUIET) again(); }, 5000);
    source.onopen = () => { at = Date.now(); };
    source.onerror = async () => {
      again();
      // An end of the sign-in comes as an answer that is none of a stream: the page says so, and the text stays.
      const answer = await ask("/console/workspaces").catch(() => null);
      if (answer?.status === 401) location.reload();
    };
    source.addEventListener("patch", (event) => { at = Date.now(); last = event.lastEventId; placeAll(event.data); });
    source.addEventListener("position", (event) => { at = Date.now(); last = event.lastEventId; wait = 300; say(""); });
    source.addEventListener("reload", () => location.reload());
  };
  open();
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) again(); });
}

export function watchLive() {
  const from = document.body.dataset.live ?? document.querySelector("[data-live]")?.dataset.live;
  if (from) listen(from);
}
