// WhatsApp's marks (*bold*, _italic_, ~strike~, `code`) and addresses, as elements: as WhatsApp has them, not as our own web
// chat does (app/web/chat/assets/dom.js), so that a fault of the one is seen beside the other.

import { make } from "/sandbox/assets/dom.js";

const PATTERN = new RegExp(
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
  for (const match of text.matchAll(PATTERN)) {
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
