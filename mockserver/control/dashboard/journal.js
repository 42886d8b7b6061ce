// The journal, the newest on top: brief rows as they come, the whole exchange when one is opened.

import { pathOf } from "./api.js";
import { button, byId, el, offer, say } from "./dom.js";
import { clockText, elapsedText } from "./moments.js";
import { messages } from "./exchange.js";
import { snippets } from "./snippets.js";
import { save } from "./transfer.js";

const PAGE = 100;
const MOST = 300;
const MOST_SAVED = 1000;

export class Journal {
  constructor(page) {
    this.page = page;
    this.list = byId("journal");
    this.vendor = byId("journal-vendor");
    this.status = byId("journal-status");
    this.method = byId("journal-method");
    this.chip = byId("journal-job");
    this.job = "";
    this.live = true;
    for (const filter of [this.vendor, this.method, this.status]) filter.addEventListener("change", () => this.restart());
    this.chip.addEventListener("click", () => this.only(""));
    byId("journal-live").addEventListener("click", (event) => this.#pause(event.currentTarget));
    byId("journal-save").addEventListener("click", () => this.#save());
    byId("journal-clear").addEventListener("click", () => this.#clear());
    this.forget();
  }

  offerVendors(vendors) {
    offer(this.vendor, [["", "All vendors"], ...vendors.map((name) => [name, name])]);
  }

  // Show the exchanges about one job, or about all.
  only(job) {
    this.job = job;
    this.chip.hidden = !job;
    this.chip.textContent = `Job ${job.slice(0, 8)}… ×`;
    this.chip.setAttribute("aria-label", `Show the requests of all jobs, not only of ${job}`);
    this.restart();
  }

  restart() {
    this.forget();
    return this.page.refresh();
  }

  forget() {
    this.seen = 0;
    this.fresh = {}; // what is under way for the list of before finds another one here
    this.list.replaceChildren();
  }

  get #filters() {
    return { vendor: this.vendor.value, method: this.method.value, status: this.status.value, job: this.job };
  }

  async load() {
    if (!this.live && this.seen) return;
    const { fresh } = this;
    const asked = { ...this.#filters, since: this.seen + 1, order: "newest", limit: PAGE, detail: "brief" };
    const found = await this.page.api.get("/requests", asked);
    if (fresh !== this.fresh) return;
    if (found.last < this.seen) {
      this.forget();
      await this.load();
      return;
    }
    this.seen = found.last;
    this.list.prepend(...found.requests.map((row) => entry(this.page, row)));
    while (this.list.children.length > MOST) this.list.lastChild.remove();
    this.#summarise(found);
  }

  #summarise(found) {
    byId("journal-count").textContent = found.first === null ? 0 : found.last - found.first + 1;
    const empty = this.list.children.length === 0;
    byId("journal-none").hidden = !empty;
    byId("journal-none").textContent = found.first === null ? "Nothing has been asked yet." : "No request fits the filter.";
    const note = byId("journal-note");
    note.hidden = !found.forgotten;
    note.textContent = `${found.forgotten} older requests are forgotten, so no upper bound can be verified (${found.forgotten_by.join(", ")}).`;
  }

  #pause(pressed) {
    this.live = !this.live;
    pressed.setAttribute("aria-pressed", String(this.live));
    pressed.textContent = this.live ? "Live" : "Paused";
    if (this.live) this.page.refresh();
  }

  // The newest exchanges that the filters let through, oldest first as a network panel has them.
  #save() {
    const { api } = this.page;
    return this.page.act(() => save(api, pathOf("/requests", { ...this.#filters, format: "har", limit: MOST_SAVED }), `${api.sandbox}.har`), false);
  }

  #clear() {
    return this.page.act(async () => {
      await this.page.api.delete("/requests");
      this.forget();
      say("The journal is empty.");
    });
  }
}

function entry(page, row) {
  const detail = el("div", { class: "detail", hidden: true });
  const opener = button("", () => toggle(page, row, opener, detail), { class: "entry", "aria-expanded": "false" });
  opener.append(
    el("time", { datetime: row.at }, clockText(row.at)),
    el("span", { class: "method" }, row.method),
    el("span", { class: "what" }, row.operation ?? row.path),
    el("span", { class: `status s${Math.floor((row.status ?? 500) / 100)}` }, row.status ?? "none"),
    el("span", { class: "elapsed" }, elapsedText(row.elapsed)),
    el("span", { class: "where" }, [row.operation && row.path, row.query].filter(Boolean).join("?")),
    el("span", { class: "tags" }, tags(row)),
  );
  return el("li", { "data-number": row.number }, opener, detail);
}

function tags(row) {
  const moved = row.jobs.filter((job) => job.before !== job.after);
  return [
    ...moved.map((job) => el("span", { class: "tag move" }, `${job.before ?? "new"} → ${job.after}`)),
    ...row.faults.map((fault) => el("span", { class: `tag fault ${fault.label}` }, `${fault.kind}, ${fault.label}`)),
    row.verdict === "broken" ? el("span", { class: "tag broken" }, "breaks the contract") : null,
    row.reason && !row.faults.length ? el("span", { class: "tag reason" }, row.reason) : null,
  ].filter(Boolean);
}

async function toggle(page, row, opener, detail) {
  const open = detail.hidden;
  detail.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (!open || detail.children.length) return;
  await page.act(async () => {
    const exchange = await page.api.get(`/requests/${row.number}`);
    const known = exchange.vendor ? await page.sandboxes.headers(exchange.vendor) : {};
    const isClient = exchange.vendor !== null && (await page.contracts.isForClients(exchange.vendor, exchange.operation));
    detail.replaceChildren(...messages(exchange), snippets(exchange, known, isClient));
  }, false);
}
