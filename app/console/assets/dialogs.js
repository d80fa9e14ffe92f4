// Dialogs: a button with data-opens="<id>" opens one; a click beside it closes it; focus goes back to the opener by itself.

export function watchDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog.open) return;
      dialog.dispatchEvent(new CustomEvent("beforeopen"));
      dialog.showModal();
      return;
    }
    if (event.target.matches("dialog[open]")) event.target.close();
  });
}
