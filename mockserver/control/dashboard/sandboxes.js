// The choice of a sandbox (kept in the address), and the making and deleting of one.

import { BASE } from "./api.js";
import { close, confirm, open } from "./dialog.js";
import { button, byId, el, offer, say } from "./dom.js";
import { copyButton, save } from "./transfer.js";

const MOST = 200;
const DEFAULT = "default";

export class Sandboxes {
  constructor(page) {
    this.page = page;
    this.select = byId("sandbox");
    this.select.addEventListener("change", () => (location.hash = this.select.value));
    window.addEventListener("hashchange", () => this.#follow());
    byId("sandbox-new").addEventListener("click", () => this.#askToMake());
    byId("sandbox-delete").addEventListener("click", () => this.#askToDelete());
    byId("credentials").addEventListener("click", () => this.#showCredentials());
    byId("reset").addEventListener("click", () => this.#askToReset());
    this.#read();
  }

  async load() {
    const [{ sandboxes, total }, { problem }] = await Promise.all([
      this.page.api.get("/sandboxes", { limit: MOST }),
      this.page.api.get("/scenarios"),
    ]);
    byId("files-trouble").hidden = !problem;
    byId("files-trouble").textContent = problem ? `Edited files are not in use: ${problem}` : "";
    const names = sandboxes.map((sandbox) => sandbox.id);
    if (!names.includes(this.page.api.sandbox)) names.push(this.page.api.sandbox);
    offer(this.select, names.map((name) => [name, name]));
    this.select.value = this.page.api.sandbox;
    this.select.title = `${total} in all`;
  }

  // The sandbox that was shown is gone: show the default one.
  leave() {
    say(`The sandbox ${this.page.api.sandbox} is gone.`);
    location.hash = "";
  }

  #read() {
    this.page.api.sandbox = decodeURIComponent(location.hash.slice(1)) || DEFAULT;
    byId("sandbox-delete").hidden = this.page.api.sandbox === DEFAULT;
  }

  #follow() {
    this.#read();
    this.page.restart();
  }

  #askToMake() {
    return this.page.act(async () => {
      const { scenarios } = await this.page.api.get("/scenarios");
      open("New sandbox", [form(scenarios, (asked) => this.#make(asked))]);
    }, false);
  }

  #make(asked) {
    return this.page.act(async () => {
      const made = await this.page.api.post("/sandboxes", asked);
      close();
      location.hash = made.id;
      say(`The sandbox ${made.id} is made.`);
    });
  }

  #askToDelete() {
    const name = this.page.api.sandbox;
    confirm(`Delete ${name}?`, "Its jobs, its journal and all else of it go for good.", "Delete", () =>
      this.page.act(async () => {
        await this.page.api.delete(`/sandboxes/${encodeURIComponent(name)}`);
        location.hash = "";
      }),
    );
  }

  #askToReset() {
    const name = this.page.api.sandbox;
    confirm(`Reset ${name}?`, "Its jobs, clock and journal go back to where they began.", "Reset", () =>
      this.page.act(async () => {
        await this.page.api.post("/reset");
        this.page.forget();
        say(`${name} is as at the start.`);
      }),
    );
  }

  // The headers of each role of a vendor in the sandbox that is shown.
  async headers(vendor) {
    return (await this.#details()).headers[vendor] ?? {};
  }

  #details() {
    return this.page.api.get(`/sandboxes/${encodeURIComponent(this.page.api.sandbox)}`);
  }

  #showCredentials() {
    return this.page.act(async () => {
      const { credentials } = await this.#details();
      const told = "They are invented, and choose this sandbox by themselves: a client needs no header.";
      const base = el("dl", {}, copied("Base URL", BASE.replace(/\/_mock$/, "")));
      const sections = Object.entries(credentials).map((row) => vendor(this.page, row));
      open(`Credentials of ${this.page.api.sandbox}`, [el("p", { class: "muted" }, told), base, ...sections]);
    }, false);
  }
}

function vendor(page, [name, secrets]) {
  const rows = Object.entries(secrets).flatMap(([role, secret]) => copied(role, secret, `${role} of ${name}`));
  const collection = (title, format, file) =>
    button(title, () => page.act(() => save(page.api, `/collections/${name}?format=${format}`, file), false), { class: "small", "aria-label": `${title} of ${name}` });
  const files = [collection("Requests (.http)", "http", `${name}.http`), collection("Requests (Postman)", "postman", `${name}.json`)];
  return el("section", {}, el("h3", {}, name), el("dl", {}, rows), el("p", { class: "answers" }, files));
}

function copied(title, text, what = title) {
  return [el("dt", {}, title), el("dd", { class: "copied" }, el("code", {}, text), " ", copyButton(what, () => text))];
}

// What a sandbox may begin with; all of it may stay untold.
function form(scenarios, make) {
  const names = [...new Set(scenarios.map((row) => row.name))].sort();
  const scenario = choice("scenario", [["", "as the server begins"], ...names.map((name) => [name, name])]);
  const mode = choice("mode", [["", "as the server's"], ["manual", "stands"], ["real", "goes"]]);
  const seed = el("input", { name: "seed", type: "number", min: 0, placeholder: "the server's", inputmode: "numeric" });
  const about = el("p", { class: "muted about" });
  scenario.addEventListener("change", () => about.replaceChildren(...summaries(scenarios, scenario.value)));
  const fields = [["Scenario", scenario], ["Time", mode], ["Seed", seed]];
  const labels = fields.map(([text, field]) => el("label", {}, text, field));
  const whole = el("form", { class: "fields" }, labels, el("button", {}, "Make"), about);
  whole.addEventListener("submit", (event) => {
    event.preventDefault();
    make({
      ...(scenario.value && { scenario: scenario.value }),
      ...(mode.value && { clock: { mode: mode.value } }),
      ...(seed.value && { seed: Number(seed.value) }),
    });
  });
  return whole;
}

const choice = (name, pairs) => el("select", { name }, pairs.map(([value, text]) => el("option", { value }, text)));

const summaries = (scenarios, name) =>
  scenarios.filter((row) => row.name === name).map((row) => el("span", {}, `${row.vendor}: ${row.summary} `));
