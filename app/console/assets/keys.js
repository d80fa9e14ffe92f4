// Shortcuts: any link or button says its own with data-key="r", "g h" or "ctrl+k". They are bound to the character that a key
// makes, so they hold on every layout, and single keys never fire while somebody writes.

const WITHIN = 900;
let begun = "";
let begunAt = 0;

function isOn() {
  return localStorage.getItem("keys") !== "off";
}

function isWriting(target) {
  return target.isContentEditable || target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
}

function pressed(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.shiftKey && /^[a-z]$/.test(key)) return `shift+${key}`;
  return key;
}

function bound(combination) {
  const open = document.querySelector("dialog[open]");
  const all = [...(open ?? document).querySelectorAll(`[data-key="${CSS.escape(combination)}"]`)];
  // What every row of a list has is meant of the row in which one is.
  const within = document.activeElement?.closest("[data-item]");
  return all.find((each) => within?.contains(each)) ?? all.find((each) => each.checkVisibility()) ?? all[0];
}

function act(node) {
  if (node.matches("input:not([type=checkbox]), textarea, select")) {
    node.focus();
    node.select?.();
  } else node.click();
}

function move(by) {
  const items = [...document.querySelectorAll("[data-list] [data-item]")].filter((each) => each.checkVisibility());
  if (!items.length) return false;
  const at = items.findIndex((each) => each.contains(document.activeElement) || each.getAttribute("aria-current") === "true");
  const next = items[Math.max(0, Math.min(items.length - 1, at < 0 ? 0 : at + by))];
  const target = next.matches("a, button") ? next : next.querySelector("a, button") ?? next;
  if (!target.matches("a, button")) target.tabIndex = -1;
  target.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    const node = bound(`ctrl+${event.key.toLowerCase()}`);
    if (node) {
      event.preventDefault();
      act(node);
    } else if (event.key === "Enter" && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    return;
  }
  if (event.altKey || event.metaKey || isWriting(event.target) || !isOn()) return;
  const key = pressed(event);
  if ((key === "j" || key === "k") && move(key === "j" ? 1 : -1)) {
    event.preventDefault();
    return;
  }
  const sequence = begun && Date.now() - begunAt < WITHIN ? `${begun} ${key}` : "";
  const node = (sequence && bound(sequence)) || bound(key);
  begun = key;
  begunAt = Date.now();
  if (!node) return;
  begun = "";
  event.preventDefault();
  act(node);
}

function label(node) {
  return node.getAttribute("aria-label") || node.title || node.textContent.replace(/\s+/g, " ").trim();
}

function fillHelp() {
  const list = document.getElementById("keys-list");
  const rows = new Map();
  for (const each of document.querySelectorAll("[data-key]")) rows.set(each.dataset.key, label(each));
  list.replaceChildren(...[...rows].flatMap(([keys, said]) => {
    const what = document.createElement("dt");
    what.textContent = said;
    const how = document.createElement("dd");
    for (const part of keys.split(" ")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = part.replace("ctrl+", "Ctrl ").replace("shift+", "⇧ ");
      how.append(kbd, " ");
    }
    return [what, how];
  }));
}

export function watchKeys() {
  document.addEventListener("keydown", onKey);
  const help = document.getElementById("keys");
  if (!help) return;
  help.addEventListener("beforeopen", fillHelp);
  const toggle = document.getElementById("keys-on");
  toggle.checked = isOn();
  toggle.addEventListener("change", () => localStorage.setItem("keys", toggle.checked ? "on" : "off"));
}
