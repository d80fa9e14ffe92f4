// Which shop and which customers are on the page.

import { call } from "/sandbox/assets/api.js";
import { startControls } from "/sandbox/assets/controls.js";
import { make, notice } from "/sandbox/assets/dom.js";
import { Phone } from "/sandbox/assets/phone.js";
import { word } from "/sandbox/assets/words.js";

const SIDE_BY_SIDE = 3;
const picker = document.getElementById("connection");
const row = document.getElementById("phones");
const tabs = document.getElementById("tabs");
let connections = [];
let phones = [];
let chosen = null;

const current = () => connections.find((connection) => connection.id === picker.value);
const remembered = (name) => JSON.parse(localStorage.getItem(`sandbox:${name}`) ?? "null");
const remember = (name, value) => localStorage.setItem(`sandbox:${name}`, JSON.stringify(value));

function newOwner(taken) {
  const names = word("names").split("|");
  const name = names.find((candidate) => !taken.some((owner) => owner.name === candidate)) ?? `${word("customer")} ${taken.length + 1}`;
  const number = crypto.getRandomValues(new Uint32Array(1))[0] % 10_000_000;
  return { phone: `58414${String(number).padStart(7, "0")}`, name };
}

function save() {
  remember(`phones:${current().id}`, phones.map((phone) => phone.owner));
  drawTabs();
}

function drawTabs() {
  tabs.replaceChildren(...phones.map((phone) => make("button", {
    type: "button", class: "tab", role: "tab", "aria-selected": String(phone === chosen), "data-news": String(Boolean(phone.hasNews)),
    onclick: () => choose(phone),
  }, phone.owner.name)));
}

function choose(phone) {
  chosen = phone;
  if (phone) phone.hasNews = false;
  for (const each of phones) each.element.classList.toggle("chosen", each === phone);
  phone?.stay();
  drawTabs();
}

function add(owner) {
  const phone = new Phone(owner, current(), {
    onNews: () => { phone.hasNews = phone !== chosen; drawTabs(); },
    onChange: save,
    onClose: () => putAway(phone),
  });
  phones.push(phone);
  row.append(phone.element);
  return phone;
}

function putAway(phone) {
  phone.close();
  phones = phones.filter((each) => each !== phone);
  if (phones.length === 0) add(newOwner([phone.owner]));
  choose(phones.includes(chosen) ? chosen : phones[0]);
  save();
}

async function openShop() {
  for (const phone of phones) phone.close();
  phones = [];
  remember("connection", picker.value);
  const known = remembered(`phones:${picker.value}`) ?? [];
  const { phones: met } = await call("/sandbox/phones", { query: { connection: picker.value } });
  const newest = met.filter((owner) => !known.some((each) => each.phone === owner.phone)).slice(-SIDE_BY_SIDE);
  const owners = known.length ? known : newest.map((owner) => ({ phone: owner.phone, name: owner.name ?? `+${owner.phone}` }));
  for (const owner of owners.length ? owners : [newOwner([])]) add(owner);
  choose(phones[0]);
  save();
}

function startTheme() {
  const root = document.documentElement;
  root.dataset.theme = remembered("theme") ?? "auto";
  document.getElementById("theme").addEventListener("click", () => {
    const isDark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = isDark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  });
}

async function start() {
  startTheme();
  const refreshControls = startControls(current);
  ({ connections } = await call("/sandbox/connections"));
  document.getElementById("empty").hidden = connections.length > 0;
  document.getElementById("add").disabled = connections.length === 0;
  picker.replaceChildren(...connections.map((connection) => make("option", { value: connection.id }, connection.name === connection.shop ? connection.name : `${connection.name} · ${connection.shop}`)));
  if (!connections.length) return;
  const wanted = new URLSearchParams(location.search).get("connection") ?? remembered("connection");
  if (connections.some((connection) => connection.id === wanted)) picker.value = wanted;
  picker.addEventListener("change", () => openShop().then(refreshControls).catch((error) => notice(error.message)));
  document.getElementById("add").addEventListener("click", () => {
    const phone = add(newOwner(phones.map((each) => each.owner)));
    choose(phone);
    save();
    phone.element.scrollIntoView({ inline: "end" });
    phone.text.focus();
  });
  await openShop();
}

start().catch((error) => notice(error.message));
