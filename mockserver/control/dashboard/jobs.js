// The panel of jobs: one row each with its strip, its details on demand, and what can be done to it.

import { button, byId, el, offer, say, show } from "./dom.js";
import { clockText, dateText, durationText } from "./moments.js";
import { staircase, stays, strip } from "./timeline.js";
import { preview } from "./preview.js";

const PAGE = 50;
const MOST = 1000;

export class Jobs {
  constructor(page) {
    this.page = page;
    this.list = byId("jobs");
    this.vendor = byId("jobs-vendor");
    this.rows = new Map();
    this.search = byId("jobs-search");
    this.first = 0;
    this.vendor.addEventListener("change", () => this.#turn(0));
    this.search.addEventListener("input", () => this.#turn(0));
    byId("jobs-newer").addEventListener("click", () => this.#turn(this.first - PAGE));
    byId("jobs-older").addEventListener("click", () => this.#turn(this.first + PAGE));
  }

  offerVendors(vendors) {
    offer(this.vendor, [["", "All vendors"], ...vendors.map((name) => [name, name])]);
  }

  async load(now) {
    const { sandbox } = this.page.api;
    const { first } = this;
    const searched = this.search.value.trim().toLowerCase();
    // No more than the page needs, and whether there is another one; a search is among all of them.
    const limit = searched ? MOST : Math.min(first + PAGE + 1, MOST);
    const { jobs } = await this.page.api.get("/jobs", { vendor: this.vendor.value, limit });
    if (sandbox !== this.page.api.sandbox || first !== this.first) return;
    const found = searched ? jobs.filter((job) => textOf(job).includes(searched)) : jobs;
    if (first && found.length <= first) return this.#turn(first - PAGE);
    const shown = found.slice(first, first + PAGE);
    this.#arrange(shown);
    for (const job of shown) this.rows.get(keyOf(job)).update(job, now);
    this.#summarise(found.length, shown.length, jobs.length === MOST);
    this.jobs = shown;
  }

  #summarise(found, shown, isAtLimit) {
    const { first } = this;
    const more = found > first + shown;
    const range = first || more ? `${first + 1}–${first + shown}` : shown;
    byId("jobs-count").textContent = range;
    byId("jobs-newer").disabled = first === 0;
    byId("jobs-older").disabled = !more;
    byId("jobs-pages").hidden = first === 0 && !more;
    byId("jobs-place").textContent = `Jobs ${first + 1} to ${first + shown}${this.search.value.trim() ? ` of ${found}${isAtLimit ? `, among the newest ${MOST}` : ""}` : ", newest first"}`;
    byId("jobs-none").hidden = shown > 0;
    byId("jobs-none").textContent = this.search.value || first ? "No job fits the search." : "No jobs yet. Create one with a vendor's API and it appears here.";
  }

  #turn(first) {
    this.first = Math.max(first, 0);
    this.list.scrollTop = 0;
    return this.page.refresh();
  }

  // When the next of the shown jobs changes, as text of ISO 8601; null if none will.
  nextChange(now) {
    const coming = (this.jobs ?? []).flatMap((job) => job.timeline.map((step) => step.at));
    return coming.filter((at) => Date.parse(at) > now).sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
  }

  forget() {
    this.first = 0;
    this.rows.clear();
    this.list.replaceChildren();
  }

  #arrange(jobs) {
    const wanted = jobs.map(keyOf);
    for (const [key, row] of this.rows) {
      if (wanted.includes(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    wanted.forEach((key, place) => {
      if (!this.rows.has(key)) this.rows.set(key, new Row(this.page, jobs[place]));
      const { element } = this.rows.get(key);
      if (this.list.children[place] !== element) this.list.insertBefore(element, this.list.children[place] ?? null);
    });
  }
}

const keyOf = (job) => `${job.vendor}/${job.id}`;
const textOf = (job) => [job.id, job.vendor, job.account, job.name, job.format, job.state, job.status].join(" ").toLowerCase();
const shorten = (id) => (id.length > 24 ? `${id.slice(0, 10)}…${id.slice(-8)}` : id);
const pathOf = (job) => `/jobs/${encodeURIComponent(job.vendor)}/${encodeURIComponent(job.id)}`;

class Row {
  constructor(page, job) {
    this.page = page;
    this.lifecycle = page.lifecycles.of(job.vendor);
    this.badge = el("span", { class: "badge" });
    const named = { class: "link id", "aria-expanded": "false", title: job.id };
    this.opener = button(shorten(job.id), () => this.#toggle(), named);
    this.meta = el("span", { class: "meta" });
    this.file = button("File", () => preview(this.page.api, `${pathOf(this.job)}/file`, this.job.id), { class: "small" });
    this.menu = el("details", { class: "menu" }, el("summary", {}, "Outcome"), el("div", { class: "choices" }));
    this.picture = el("div", { class: "picture" });
    this.detail = el("div", { class: "detail", hidden: true });
    const acts = el("span", { class: "acts" }, this.file, this.menu);
    const head = el("div", { class: "head" }, this.badge, this.opener, this.meta, acts);
    this.element = el("li", { class: "job", "data-job": job.id }, head, this.picture, this.detail);
  }

  update(job, now) {
    this.job = job;
    this.now = now;
    const { state } = job;
    this.badge.className = `badge ${this.lifecycle.tone(state)}`;
    this.badge.textContent = state;
    this.badge.title = this.lifecycle.byName.get(state)?.meaning ?? "";
    this.element.dataset.state = state;
    this.meta.textContent = facts(job).filter(Boolean).join(" · ");
    this.file.hidden = !job.file;
    this.#offerOutcomes(state);
    show(this.picture, pictureKey(job, now), () => (job.timeline.length > 1 ? strip(job, this.lifecycle, now) : []));
    if (!this.detail.hidden) this.#showDetail();
  }

  #offerOutcomes(state) {
    const ends = this.lifecycle.reachable(state).filter((end) => end.name !== state);
    this.menu.hidden = ends.length === 0;
    show(this.menu.lastChild, state, () =>
      ends.map((end) => button(end.name, () => this.#force(end.name), { "data-outcome": end.name, title: end.meaning })),
    );
  }

  #force(outcome) {
    this.menu.open = false;
    this.menu.firstChild.focus();
    return this.page.act(async () => {
      await this.page.api.post(`${pathOf(this.job)}/outcome`, { outcome });
      say(`The job is ${outcome} now.`);
    });
  }

  #toggle() {
    const open = this.detail.hidden;
    this.detail.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    if (open) this.#showDetail();
  }

  #showDetail() {
    show(this.detail, pictureKey(this.job, this.now), () => [
      staircase(this.job, this.lifecycle, this.now),
      el("code", {}, this.job.id),
      el("ol", { class: "moves" }, stays(this.job, this.now).map(move)),
      el("p", { class: "links" }, button("Show its requests", () => this.page.journal.only(this.job.id), { class: "small" })),
    ]);
  }
}

function facts(job) {
  const forced = job.outcome ? "put there by hand" : null;
  const still = job.timeline.length === 1 ? `since ${clockText(job.timeline[0].at)}` : null;
  return [job.vendor, job.account, job.name, job.format, still, forced];
}

// A picture is drawn anew when something in it has changed by what can be seen.
function pictureKey(job, now) {
  const moving = job.timeline.some((step) => Date.parse(step.at) > now);
  return JSON.stringify([job.timeline, moving ? now : job.state]);
}

function move(row) {
  const stay = row.when === "present" ? "now" : row.end === null ? "" : durationText(row.seconds);
  const moment = `${dateText(row.at)} ${clockText(row.at)}`;
  return el("li", { class: row.when }, el("time", { datetime: row.at }, moment), el("b", {}, row.state), el("span", { class: "muted" }, row.when === "future" ? "planned" : stay));
}
