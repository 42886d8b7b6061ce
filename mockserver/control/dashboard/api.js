// The control plane. Every call names the sandbox that is shown, and passes on what the server says is wrong.

// Relative to this file, because a proxy may have a path before /_mock. By the origin, because an
// address may hold a password, and no fetch may.
export const BASE = location.origin + new URL("..", import.meta.url).pathname.slice(0, -1);

// A path with these parameters, as far as they have a value.
export function pathOf(path, query) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null));
  return asked.size ? `${path}?${asked}` : path;
}

export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  constructor() {
    this.sandbox = "default";
  }

  get(path, query = {}) {
    return this.#send("GET", pathOf(path, query));
  }

  post(path, body) {
    return this.#send("POST", path, body);
  }

  delete(path) {
    return this.#send("DELETE", path);
  }

  async #send(method, path, body) {
    const headers = { "X-Mock-Sandbox": this.sandbox };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" };
    let reply;
    try {
      reply = await fetch(BASE + path, sent);
    } catch {
      throw new Problem(0, "The server does not answer.");
    }
    const text = await reply.text();
    const said = text ? JSON.parse(text) : null;
    if (!reply.ok) throw new Problem(reply.status, said?.detail ?? `The server answered ${reply.status}.`);
    return said;
  }
}
