// The sandbox's HTTP interface: the same one that scripts use.

import { word } from "/sandbox/assets/words.js";

export async function call(path, { method = "GET", body, query } = {}) {
  const address = query ? `${path}?${new URLSearchParams(query)}` : path;
  const options = { method, headers: { "Accept-Language": document.documentElement.lang } };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error(word("offline"));
  }
  if (!response.ok) {
    const told = await response.json().catch(() => null);
    throw new Error(told?.detail ?? word("refused"));
  }
  return response.json();
}

export const messagesOf = (phone) => `/sandbox/phones/${encodeURIComponent(phone)}/messages`;
