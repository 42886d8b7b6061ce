// A recorded request as a command to send it again: curl, and fetch for a program or a console.

import { BASE } from "./api.js";
import { button, el } from "./dom.js";
import { copyButton } from "./transfer.js";

const REDACTED = "[redacted]";
const CLIENT = "client";
const BY_THE_CLIENT = new Set(["accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "transfer-encoding", "upgrade"]);
const KINDS = { curl, fetch: fetchCall };

// The snippets of an exchange; `headers` are those of each role of its vendor in the sandbox that is shown.
export function snippets(exchange, headers, isClient) {
  const sent = requestOf(exchange, headers[isClient ? CLIENT : exchange.caller] ?? {});
  const code = el("pre", { tabindex: "0" });
  const choose = (kind) => {
    code.textContent = KINDS[kind](sent);
    for (const each of choices) each.setAttribute("aria-pressed", String(each.textContent === kind));
  };
  const choices = Object.keys(KINDS).map((kind) => button(kind, () => choose(kind), { class: "small" }));
  choose("curl");
  const notes = notesOn(exchange, sent);
  return el(
    "section",
    { class: "snippets" },
    el("h3", {}, "Send it again ", el("span", { class: "kinds" }, choices, copyButton("the snippet", () => code.textContent))),
    notes.length ? el("p", { class: "muted" }, notes.join(" ")) : null,
    code,
  );
}

function requestOf({ method, path, query, request }, credentials) {
  const own = Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name.toLowerCase(), value]));
  const headers = Object.entries(request.headers)
    .filter(([name]) => !BY_THE_CLIENT.has(name))
    .map(([name, value]) => [name, value === REDACTED ? (own[name] ?? value) : value]);
  const url = BASE.replace(/\/_mock$/, "") + path + (query && `?${query}`);
  return { method, url, headers, body: request.body };
}

function notesOn({ request }, { headers, url }) {
  const secret = headers.some(([, value]) => value === REDACTED) || url.includes(REDACTED) || request.body?.includes(REDACTED);
  return [
    secret && "Put your own secret where it says [redacted].",
    request.cut && "The body is incomplete: the journal records the beginning.",
    request.body?.includes("\ufffd") && "The body has bytes that are no text.",
  ].filter(Boolean);
}

function curl({ method, url, headers, body }) {
  const options = headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  if (body !== null) options.push(`--data-raw ${quoted(body)}`);
  return [`curl -X ${method} ${quoted(url)}`, ...options].join(" \\\n  ");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function fetchCall({ method, url, headers, body }) {
  const options = { method, headers: Object.fromEntries(headers), ...(body !== null && { body }) };
  return `await fetch(${JSON.stringify(url)}, ${JSON.stringify(options, null, 2)});`;
}
