// The discreet panel: the business clock, and how badly the line behaves.

import { call } from "/sandbox/assets/api.js";
import { make, notice } from "/sandbox/assets/dom.js";
import { language, word } from "/sandbox/assets/words.js";

const CHANCES = ["duplicate", "delay", "reorder", "drop", "too_many_requests", "server_error", "server_error_after_accept", "timeout_after_accept", "fail"];
const time = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const panel = document.getElementById("controls");
const opener = document.getElementById("open-controls");
const inputs = new Map();

function showClock({ now, shift_seconds: shift }) {
  document.getElementById("clock-now").textContent = time.format(new Date(now));
  const hours = Math.round(shift / 360) / 10;
  document.getElementById("clock-shift").textContent = hours ? word("clock_ahead", { hours }) : "";
}

async function moveClock(body) {
  try { showClock(await call("/sandbox/clock", { method: "POST", body })); } catch (error) { notice(error.message); }
}

function showChaos(settings) {
  for (const [name, input] of inputs) {
    input.value = Math.round(settings[name] * 100);
    input.previousElementSibling.textContent = `${input.value} %`;
  }
}

async function changeChaos(connection, body) {
  try {
    const { chaos } = await call("/sandbox/chaos", { method: "PUT", body: { connection: connection.id, ...body } });
    showChaos(chaos[connection.id]);
  } catch (error) { notice(error.message); }
}

function toggle(isOpen) {
  panel.hidden = !isOpen;
  opener.setAttribute("aria-expanded", String(isOpen));
  (isOpen ? document.getElementById("close-controls") : opener).focus();
}

export function startControls(currentConnection) {
  for (const name of CHANCES) {
    const output = make("output", {}, "0 %");
    const input = make("input", { type: "range", min: 0, max: 100, step: 5, value: 0, "aria-label": word(`chaos_${name}`) });
    input.addEventListener("input", () => { output.textContent = `${input.value} %`; });
    input.addEventListener("change", () => changeChaos(currentConnection(), { [name]: input.value / 100 }));
    inputs.set(name, input);
    document.getElementById("chaos").append(make("label", { class: "slider" }, make("span", {}, word(`chaos_${name}`)), output, input));
  }
  const refresh = async () => {
    const connection = currentConnection();
    try {
      showClock(await call("/sandbox/clock"));
      if (connection) showChaos(await call("/sandbox/chaos", { query: { connection: connection.id } }));
    } catch (error) { notice(error.message); }
  };
  opener.addEventListener("click", () => { toggle(panel.hidden); if (!panel.hidden) refresh(); });
  document.getElementById("close-controls").addEventListener("click", () => toggle(false));
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });
  document.getElementById("clock-reset").addEventListener("click", () => moveClock({ reset: true }));
  for (const button of panel.querySelectorAll("[data-hours]")) {
    button.addEventListener("click", () => moveClock({ hours: Number(button.dataset.hours) }));
  }
  document.getElementById("chaos-reset").addEventListener("click", () => changeChaos(currentConnection(), { reset: true }));
  return refresh;
}
