// The texts that scripts show, in the language of the page.

const texts = JSON.parse(document.getElementById("words").textContent);

export function word(key) {
  return texts[key] ?? key;
}
