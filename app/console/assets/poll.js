// A part of the page that is asked for again and again while somebody looks at it: one request at a time, and what has not
// changed is left alone.
//   <div data-polls="/console/@shop/machines/…/signals" data-every="1000">

import { ask } from "./ask.js";
import { placeAll } from "./place.js";

const SLOWEST = 30_000;

export function watchPolls() {
  const part = document.querySelector("[data-polls]");
  if (!part) return;
  const every = Number(part.dataset.every);
  let wait = every;
  const again = async () => {
    if (!document.hidden) {
      try {
        const answer = await ask(part.dataset.polls, { headers: { accept: "text/html" } });
        if (answer.status === 401) return location.reload();
        if (answer.ok) placeAll(await answer.text());
        wait = answer.ok ? every : Math.min(wait * 2, SLOWEST);
      } catch {
        wait = Math.min(wait * 2, SLOWEST);
      }
    }
    setTimeout(again, wait);
  };
  setTimeout(again, wait);
}
