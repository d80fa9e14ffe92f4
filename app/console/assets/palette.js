// The palette: everything that the page offers by name. It lists the links and buttons that are marked `data-command`.

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function watchPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const none = dialog.querySelector(".palette-none");
  let shown = [];
  let at = 0;

  const choose = (index) => {
    at = Math.max(0, Math.min(shown.length - 1, index));
    [...list.children].forEach((each, number) => each.setAttribute("aria-selected", String(number === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (shown.length) field.setAttribute("aria-activedescendant", list.children[at].id);
    else field.removeAttribute("aria-activedescendant");
  };
  const run = (command) => {
    dialog.close();
    command.click();
  };
  const fill = () => {
    const words = folded(field.value).split(/\s+/).filter(Boolean);
    const commands = [...document.querySelectorAll("[data-command]")].filter((each) => !each.disabled);
    shown = commands.filter((each) => words.every((word) => folded(each.textContent).includes(word)));
    list.replaceChildren(...shown.map((command, number) => {
      const row = document.createElement("li");
      row.id = `palette-${number}`;
      row.setAttribute("role", "option");
      const drawing = command.querySelector("svg");
      const name = document.createElement("span");
      name.textContent = command.dataset.command || command.textContent.replace(/\s+/g, " ").trim();
      if (drawing) row.append(drawing.cloneNode(true));
      row.append(name);
      if (command.dataset.key) {
        const key = document.createElement("kbd");
        key.textContent = command.dataset.key;
        row.append(key);
      }
      row.addEventListener("click", () => run(command));
      return row;
    }));
    none.hidden = shown.length > 0;
    choose(0);
  };

  dialog.addEventListener("beforeopen", () => {
    field.value = "";
    fill();
  });
  field.addEventListener("input", fill);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(at + (event.key === "ArrowDown" ? 1 : -1));
    else if (event.key === "Enter" && shown[at]) run(shown[at]);
    else if (event.key !== "Enter") return;
    event.preventDefault();
  });
}
