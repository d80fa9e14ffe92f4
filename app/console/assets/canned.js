// Canned replies: `/` and the beginning of a word in the composer offer them; arrows, Enter or a press choose one, Escape goes on.

const ASKED = /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u;

function list() {
  return document.getElementById("canned");
}

function shown() {
  return [...list().children].filter((each) => !each.hidden);
}

function close() {
  if (list()) list().hidden = true;
}

function mark(item) {
  for (const each of list().children) each.setAttribute("aria-selected", String(each === item));
  item?.scrollIntoView({ block: "nearest" });
}

function offer(field) {
  const asked = ASKED.exec(field.value.slice(0, field.selectionStart));
  if (!asked) return close();
  const word = asked[1].toLowerCase();
  for (const each of list().children) {
    each.hidden = !each.dataset.shortcut.startsWith(word) && !(word.length > 2 && each.dataset.text.toLowerCase().includes(word));
  }
  list().hidden = !shown().length;
  mark(shown()[0]);
}

function choose(item) {
  const field = document.querySelector("#composer textarea");
  const at = field.selectionStart;
  const from = at - ASKED.exec(field.value.slice(0, at))[1].length - 1;
  field.setRangeText(item.dataset.text, from, at, "end");
  close();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function onKey(event) {
  if (!list() || list().hidden || event.isComposing) return;
  const items = shown();
  const at = items.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]);
  else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) choose(items[Math.max(at, 0)]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function watchCanned() {
  document.addEventListener("input", (event) => { if (list() && event.target.matches("#composer textarea")) offer(event.target); });
  document.addEventListener("keydown", (event) => { if (event.target.matches("#composer textarea")) onKey(event); }, { capture: true });
  document.addEventListener("click", (event) => {
    const item = event.target.closest("#canned li");
    if (item) choose(item);
    else close();
  });
}
