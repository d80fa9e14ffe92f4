// The one script of a page: it shows a button, and asks for nothing until somebody touches it.
//   <script src="https://…/chat/{line}.js" async data-language="es" data-color="#0a7" data-theme="dark" data-identity="…"></script>
//   NexovaChat.open() · close() · ask("SKU", "Product") · identify("…" or a function that fetches one, or null)

(() => {
  const { line, title, release, labels } = "{{chat}}";
  const script = document.currentScript;
  if (!script || window.NexovaChat) return;
  const wish = script.dataset;
  const root = new URL(script.src).origin;
  const kept = `nexova:${line}:`;
  const wanted = (wish.language || document.documentElement.lang || navigator.language || "es").toLowerCase();
  const language = ["es", "en", "pt"].find((each) => wanted.startsWith(each)) ?? "es";

  const host = document.createElement("nexova-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; inset: auto 20px 20px auto; z-index: 2147483000; color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
    :host([theme=light]) { color-scheme: light } :host([theme=dark]) { color-scheme: dark }
    .launch { all: unset; box-sizing: border-box; display: grid; place-items: center; width: 58px; height: 58px; border-radius: 50%; cursor: pointer; position: relative;
      color: #fff; background: var(--accent, #0b6b57); box-shadow: 0 6px 22px #0005; }
    .launch:focus-visible { outline: 3px solid light-dark(#111, #fff); outline-offset: 3px }
    .launch svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round }
    .launch[aria-busy=true] svg { opacity: .5 }
    .badge { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; padding: 0 6px; box-sizing: border-box; border-radius: 11px; background: #c0262d; color: #fff; font: 700 13px/22px system-ui, sans-serif; text-align: center }
    .badge[hidden] { display: none }
    @media print { :host { display: none } }`);
  shadow.adoptedStyleSheets = [sheet];
  if (wish.color && CSS.supports("color", wish.color)) host.style.setProperty("--accent", wish.color);
  if (["light", "dark"].includes(wish.theme)) host.setAttribute("theme", wish.theme);

  const space = "http://www.w3.org/2000/svg";
  const button = document.createElement("button");
  button.className = "launch";
  button.type = "button";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", "M4 5h16v11H9l-5 4zM8 9h8M8 12h5");
  svg.append(path);
  const badge = document.createElement("span");
  badge.className = "badge";
  button.append(svg, badge);
  shadow.append(button);

  function tellUnread(count) {
    badge.hidden = !count;
    badge.textContent = count > 99 ? "99+" : String(count);
    button.setAttribute("aria-label", count ? `${labels[language]} (${count})` : labels[language]);
  }
  const readKept = (name) => { try { return localStorage.getItem(kept + name); } catch { return null; } };
  tellUnread(Number(readKept("unread")) || 0);
  button.title = title;
  button.setAttribute("aria-expanded", "false");

  let chat;
  let identity = wish.identity || null;
  const begin = () => chat ??= import(`${root}/chat/-/${release}/main.js`)
    .then((module) => module.start({ root, release, line, title, language, host, shadow, button, tellUnread, identity }))
    .catch((error) => { chat = undefined; throw error; });
  const does = (name) => async (...given) => {
    button.setAttribute("aria-busy", "true");
    try { return (await begin())[name](...given); } finally { button.removeAttribute("aria-busy"); }
  };
  button.addEventListener("click", () => does("toggle")().catch(() => {}));
  window.NexovaChat = {
    open: does("open"),
    close: async () => chat && (await chat).close(),
    ask: does("ask"),
    identify: async (given) => { identity = given; if (chat) await (await chat).identify(given); },
  };
  const attach = () => document.body.append(host);
  if (document.body) attach(); else addEventListener("DOMContentLoaded", attach);
})();
