// What leaves the page: files that are saved, and text that is copied.

import { BASE, Problem } from "./api.js";
import { button, el, say } from "./dom.js";

// Fetch a file of the shown sandbox, which no link could name, and hand it to the browser to save.
export async function save(api, path, name) {
  const reply = await fetch(BASE + path, { headers: { "X-Mock-Sandbox": api.sandbox }, cache: "no-store" });
  if (!reply.ok) throw new Problem(reply.status, (await reply.json()).detail);
  const told = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") ?? "");
  const link = el("a", { href: URL.createObjectURL(await reply.blob()), download: told?.[1] ?? name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say(`${link.download} is saved.`);
}

// A button that copies what `text` returns; `what` names it to those who cannot see where it stands.
export function copyButton(what, text) {
  const made = button("Copy", () => copy(made, text()), { class: "small copy", "aria-label": `Copy ${what}` });
  return made;
}

async function copy(pressed, text) {
  const done = await write(text, pressed.parentElement);
  pressed.textContent = done ? "Copied" : "Not copied";
  say(done ? "Copied." : "The browser does not let this page copy.");
  setTimeout(() => (pressed.textContent = "Copy"), 2000);
}

// Only a page of HTTPS or of this machine has a clipboard; elsewhere the old way is the only one.
async function write(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", { class: "quiet", readonly: true, "aria-hidden": "true", tabindex: "-1" });
    field.value = text;
    place.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
