// The fault rules; kinds and operations come from the contracts.

import { button, byId, el, say } from "./dom.js";
import { open } from "./dialog.js";

const PATH = "/faults";

const option = (name) => el("option", { value: name }, name);

export class Faults {
  constructor(page) {
    this.page = page;
    this.opener = byId("faults");
    this.rules = [];
    this.opener.addEventListener("click", () => this.#open());
  }

  get there() {
    return this.page.contracts.has("control", `/_mock${PATH}`);
  }

  async load() {
    this.opener.hidden = !this.there;
    if (!this.there) return;
    const { faults } = await this.page.api.get(PATH);
    const changed = JSON.stringify(faults) !== JSON.stringify(this.rules);
    this.rules = faults;
    byId("faults-count").textContent = faults.length;
    if (changed && this.list?.isConnected) this.#show();
  }

  async #open() {
    const operations = await this.page.contracts.operations();
    this.list = el("ul", { class: "rules" });
    const told = "A fault is valid where a vendor that keeps its contract could answer so, else violating.";
    open(`Faults of ${this.page.api.sandbox}`, [el("p", { class: "muted" }, told), this.#form(operations), this.list]);
    this.#show();
  }

  #form(operations) {
    const kind = el("select", { name: "kind" }, this.page.contracts.faultKinds().map(option));
    const any = el("option", { value: "" }, "any operation");
    const operation = el("select", { name: "operation" }, any, operations.map(option));
    const times = el("input", { name: "times", type: "number", min: 1, value: 1, inputmode: "numeric" });
    const options = el("input", { name: "options", class: "wide", placeholder: '{"status": 503}', spellcheck: "false" });
    const labels = [["Kind", kind], ["On", operation], ["Times", times], ["Options of the kind, as JSON", options]];
    const form = el("form", { class: "fields fault-form" }, labels.map(([text, field]) => el("label", {}, text, field)), el("button", {}, "Add"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add(() => ({
        fault: { kind: kind.value, ...read(options.value) },
        match: operation.value ? { operation: operation.value } : {},
        ...(times.value ? { times: Number(times.value) } : {}),
      }));
    });
    return form;
  }

  #add(rule) {
    return this.#change(() => this.page.api.post(PATH, rule()), "The fault is set.");
  }

  #remove(rule) {
    return this.#change(() => this.page.api.delete(`${PATH}/${encodeURIComponent(rule.id)}`), `${rule.id} is gone.`);
  }

  #change(action, told) {
    return this.page.act(async () => {
      await action();
      await this.load();
      this.#show();
      say(told);
    });
  }

  #show() {
    const rows = this.rules.map((rule) =>
      el(
        "li",
        {},
        el("span", { class: `tag fault ${rule.label}` }, `${rule.fault.kind}, ${rule.label}`),
        el("span", {}, rule.match?.operation ?? "any operation"),
        el("span", { class: "muted" }, `played ${rule.fired}${rule.times ? ` of ${rule.times}` : ""}`),
        button("Remove", () => this.#remove(rule), { class: "small", "aria-label": `Remove ${rule.id}` }),
      ),
    );
    this.list.replaceChildren(...(rows.length ? rows : [el("li", { class: "muted" }, "No faults: all goes by the contract.")]));
  }
}

function read(text) {
  try {
    return text.trim() ? JSON.parse(text) : {};
  } catch {
    throw new Error('The options are no JSON; write for instance {"status": 503}.');
  }
}
