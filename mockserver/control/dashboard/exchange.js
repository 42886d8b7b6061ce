// One exchange in full: who asked, what was sent, what came back.

import { el } from "./dom.js";
import { elapsedText } from "./moments.js";

export function messages(exchange) {
  const facts = [
    ["Number", exchange.number],
    ["Virtual time", exchange.at],
    ["Took", elapsedText(exchange.elapsed)],
    ["Vendor", exchange.vendor ?? "nobody's path"],
    ["Caller", exchange.caller ?? "nobody known"],
    ["Verdict", exchange.reason ? `${exchange.verdict}: ${exchange.reason}` : exchange.verdict],
    ...exchange.jobs.map((job) => ["Job", `${job.id} ${job.before === job.after ? job.after : `${job.before ?? "new"} → ${job.after}`}`]),
  ];
  return [list(facts), message("Request", exchange.request), message("Reply", exchange.reply)];
}

function list(pairs) {
  return el("dl", {}, pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
}

function message(title, { headers, body, length, cut, media }) {
  const size = length === null ? "streamed" : `${length} bytes`;
  const facts = [media, length === 0 ? "no body" : size, cut && "cut"].filter(Boolean).join(" · ");
  const names = Object.entries(headers);
  return el(
    "section",
    {},
    el("h3", {}, title, " ", el("span", { class: "muted" }, facts)),
    names.length ? list(names) : null,
    body === null ? null : el("pre", { tabindex: "0" }, pretty(body)),
  );
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
