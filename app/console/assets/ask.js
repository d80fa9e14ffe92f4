// Requests of a page to its own server. They say that they want a part, so a refusal comes as a notice.

export async function ask(address, options = {}) {
  const headers = { "x-fragment": "1", ...options.headers };
  return fetch(address, { credentials: "same-origin", ...options, headers });
}

export function pause(milliseconds) {
  const jitter = 0.7 + Math.random() * 0.6;
  return new Promise((resolve) => { setTimeout(resolve, milliseconds * jitter); });
}
