// A page of a shop that offers its chat beside each of its goods.

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.ask) window.NexovaChat?.ask(button.dataset.ask, button.dataset.name);
  else if (button && "open" in button.dataset) window.NexovaChat?.open();
});
