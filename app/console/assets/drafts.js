// What somebody has begun to write stays on the device, per person and place, until it was sent or they sign out.
//   <form data-draft="person:place"> with fields that have a name

const AREA = "draft:";

function key(form) {
  return AREA + form.dataset.draft;
}

function fields(form) {
  return [...form.elements].filter((each) => each.name && each.matches("textarea, input[type=text]"));
}

export function forgetDraft(form) {
  if (form.dataset.draft) localStorage.removeItem(key(form));
}

export function forgetAllDrafts() {
  for (const name of Object.keys(localStorage)) if (name.startsWith(AREA)) localStorage.removeItem(name);
}

function keep(form) {
  const values = Object.fromEntries(fields(form).filter((each) => each.value).map((each) => [each.name, each.value]));
  if (Object.keys(values).length) localStorage.setItem(key(form), JSON.stringify(values));
  else forgetDraft(form);
}

export function restoreDrafts(root = document) {
  for (const form of root.querySelectorAll("form[data-draft]")) {
    const kept = JSON.parse(localStorage.getItem(key(form)) ?? "{}");
    for (const each of fields(form)) if (kept[each.name] && !each.value) each.value = kept[each.name];
  }
}

export function watchDrafts() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) keep(form);
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-forget]")) forgetAllDrafts(); });
  restoreDrafts();
}
