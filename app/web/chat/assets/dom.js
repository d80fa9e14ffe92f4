// Builds elements from texts only: nothing that anybody writes is ever read as HTML.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined));
  return element;
}

export const button = (attributes, ...children) => make("button", { type: "button", ...attributes }, ...children);

const SPACE = "http://www.w3.org/2000/svg";
const DRAWN = {
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-6 16-3-7z",
  clip: "M8 12l6-6a3 3 0 0 1 5 4l-8 8a5 5 0 0 1-7-7l8-8",
  pin: "M12 21s7-6 7-11a7 7 0 0 0-14 0c0 5 7 11 7 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  wait: "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  one: "M5 13l4 4L19 7",
  two: "M2 13l4 4L16 7M11 16l1 1L22 7",
  warn: "M12 8v5M12 16.5v.5M12 3l10 18H2z",
  link: "M9 15l6-6M10 7l2-2a4 4 0 0 1 6 6l-2 2M14 17l-2 2a4 4 0 0 1-6-6l2-2",
};

export function icon(name, label) {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  const path = document.createElementNS(SPACE, "path");
  path.setAttribute("d", DRAWN[name]);
  svg.append(path);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  return svg;
}

// The marks of chats and addresses, as elements. The sandbox's phones draw them by code of their own, which judges ours.
const MARKS = new RegExp(
  [
    "```([\\s\\S]+?)```",
    "`([^`\\n]+)`",
    "(?<![\\p{L}\\p{N}*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])_(?=\\S)([^_\\n]+?)(?<=\\S)_(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\p{L}\\p{N}~])",
    "(https?://[^\\s<>\"]+[^\\s<>\".,;:!?)])",
  ].join("|"),
  "gu",
);

export function formatted(text) {
  const pieces = [];
  let start = 0;
  for (const match of text.matchAll(MARKS)) {
    if (match.index > start) pieces.push(text.slice(start, match.index));
    const [whole, block, code, bold, italic, strike, address] = match;
    if (block !== undefined || code !== undefined) pieces.push(make("code", {}, block ?? code));
    else if (bold !== undefined) pieces.push(make("strong", {}, ...formatted(bold)));
    else if (italic !== undefined) pieces.push(make("em", {}, ...formatted(italic)));
    else if (strike !== undefined) pieces.push(make("s", {}, ...formatted(strike)));
    else pieces.push(make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    start = match.index + whole.length;
  }
  if (start < text.length) pieces.push(text.slice(start));
  return pieces;
}
