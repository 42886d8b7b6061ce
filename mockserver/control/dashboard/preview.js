// The begin of a job's file in the dialog; of a large file no more than that is fetched.

import { BASE } from "./api.js";
import { button, el } from "./dom.js";
import { open } from "./dialog.js";
import { save } from "./transfer.js";

const LONGEST = 8192;

export async function preview(api, path, title) {
  const shown = open(`File of ${title}`, [el("p", { class: "muted" }, "Fetching …")]);
  const failed = (error) => shown(el("p", { class: "trouble" }, `The file cannot be read: ${error.message}`));
  try {
    const reply = await fetch(BASE + path, { headers: { "X-Mock-Sandbox": api.sandbox }, cache: "no-store" });
    const { bytes, whole } = await begin(reply);
    const media = reply.headers.get("Content-Type") ?? "";
    const name = reply.headers.get("Content-Disposition") ?? "";
    const facts = [media, name.replace(/^attachment; */, ""), whole ? `${bytes.length} bytes` : `the first ${bytes.length} bytes`];
    const text = new TextDecoder().decode(bytes);
    const saver = button("Save the whole file", () => save(api, path, title).catch((error) => failed(error)), { class: "small", "data-save": true });
    shown(el("p", { class: "muted" }, facts.filter(Boolean).join(" · ")), el("p", {}, saver), el("pre", { tabindex: "0" }, text));
  } catch (error) {
    failed(error);
  }
}

async function begin(reply) {
  const reader = reply.body.getReader();
  const bytes = new Uint8Array(LONGEST);
  let length = 0;
  while (length < LONGEST) {
    const { done, value } = await reader.read();
    if (done) return { bytes: bytes.slice(0, length), whole: true };
    const part = value.subarray(0, LONGEST - length);
    bytes.set(part, length);
    length += part.length;
  }
  await reader.cancel();
  return { bytes, whole: false };
}
