// Rows of a form: a button with data-adds="<id of a list>" puts another empty row at its end, and so does Enter in the last field.

function add(list) {
  const row = list.lastElementChild.cloneNode(true);
  for (const field of row.querySelectorAll("input")) field.value = "";
  list.append(row);
  row.querySelector("input").focus();
}

export function watchRows() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-adds]");
    if (button) add(document.getElementById(button.dataset.adds));
  });
  document.addEventListener("keydown", (event) => {
    const list = event.target.closest?.("[data-rows]");
    if (!list || event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    const fields = [...list.querySelectorAll("input:not([type=hidden])")];
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
    else add(list);
  });
}
