// The page's texts, in the language in which the server has rendered it.

const words = JSON.parse(document.getElementById("words").textContent);

export const language = document.documentElement.lang;

export function word(key, fields = {}) {
  return Object.entries(fields).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key] ?? key);
}
