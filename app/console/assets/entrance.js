// What the pages before the sign-in need: the secret of a mailed link, and the demo accounts of a development.

export function watchEntrance() {
  const form = document.querySelector("form[data-secret-of-address]");
  if (form && location.hash.length > 1) {
    form.elements.token.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
  }
  document.addEventListener("click", (event) => {
    const person = event.target.closest("[data-fill-email]");
    if (!person) return;
    const login = document.querySelector("form");
    login.elements.email.value = person.dataset.fillEmail;
    login.elements.password.value = person.dataset.fillPassword;
    login.requestSubmit();
  });
}
