// The dashboard: wires the panels to the control plane and keeps them up to date.

import { Api, BASE } from "./api.js";
import { Clock } from "./clock.js";
import { Contracts } from "./contracts.js";
import { byId, el } from "./dom.js";
import { Faults } from "./faults.js";
import { Jobs } from "./jobs.js";
import { Journal } from "./journal.js";
import { Lifecycles } from "./lifecycles.js";
import { Sandboxes } from "./sandboxes.js";

const EVERY = 1000;
const SELDOM = 5;

class Page {
  constructor() {
    this.api = new Api();
    this.contracts = new Contracts();
    this.clock = new Clock(this);
    this.jobs = new Jobs(this);
    this.journal = new Journal(this);
    this.faults = new Faults(this);
    this.sandboxes = new Sandboxes(this);
    this.turns = 0;
    this.turn = Promise.resolve();
  }

  async start() {
    document.addEventListener("visibilitychange", () => this.refresh());
    document.addEventListener("click", closeMenus);
    document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(event));
    await this.refresh();
  }

  // Show what is new, now and not at the next turn; one turn at a time.
  refresh() {
    clearTimeout(this.waiting);
    this.turn = this.turn.then(() => this.#turn());
    return this.turn;
  }

  // Do something that the user has asked for, tell what goes wrong, and show what it has changed.
  async act(action, changes = true) {
    this.#tell(null);
    try {
      await action();
      if (changes) await this.refresh();
    } catch (error) {
      this.#tell(error);
    }
  }

  forget() {
    this.jobs.forget();
    this.journal.forget();
  }

  restart() {
    this.forget();
    this.turns = 0;
    return this.refresh();
  }

  async #turn() {
    const { sandbox } = this.api;
    try {
      if (!this.lifecycles) await this.#begin();
      if (!document.hidden) await this.#load();
      if (this.lost) this.#tell(null);
    } catch (error) {
      if (error.status === 404 && sandbox !== "default") this.sandboxes.leave();
      else this.#tell(error, true);
    }
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.refresh(), EVERY);
  }

  async #begin() {
    const [health, { lifecycles }] = await Promise.all([this.api.get("/health"), this.api.get("/lifecycles")]);
    await this.contracts.load(health.vendors);
    byId("about").textContent = `${health.version} · ${health.profile} profile`;
    byId("docs").replaceChildren(...[...health.vendors, "control"].map(docsLink));
    this.jobs.offerVendors(health.vendors);
    this.journal.offerVendors(health.vendors);
    this.lifecycles = new Lifecycles(lifecycles);
  }

  async #load() {
    if (this.turns++ % SELDOM === 0) await this.sandboxes.load();
    await this.clock.load();
    await Promise.all([this.jobs.load(this.clock.now), this.journal.load(), this.faults.load()]);
  }

  // What is wrong stays until the next action; that the server is `lost`, until it is there again.
  #tell(error, lost = false) {
    this.lost = lost;
    const place = byId("dialog").open ? "dialog-trouble" : "trouble";
    for (const id of ["trouble", "dialog-trouble"]) {
      byId(id).textContent = id === place ? (error?.message ?? "") : "";
      byId(id).hidden = id !== place || error === null;
    }
  }
}

function docsLink(name) {
  return el("a", { href: `${BASE}/docs/${name}/` }, name);
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.key !== "Escape" && menu.contains(event.target)) continue;
    menu.open = false;
    if (event.key === "Escape") menu.firstElementChild.focus();
  }
}

new Page().start();
