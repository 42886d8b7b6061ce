// The fault rules; kinds and operations come from the contracts.

import { button, byId, el, say } from "./dom.js";
import { open } from "./dialog.js";
import { field, values } from "./fields.js";

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
    open(`Faults of ${this.page.api.sandbox}`, [el("p", { class: "muted" }, told), overrides(), this.#form(operations), this.list]);
    this.#show();
  }

  // Every member of a rule has a field: the kind's own options, which requests, and how often.
  #form(operations) {
    const { contracts } = this.page;
    const [rule, match, fault] = ["FaultRule", "FaultMatch", "Fault"].map((name) => contracts.schema(name).properties);
    const kind = el("select", { name: "kind" }, contracts.schema("FaultKind").enum.map(option));
    const offered = { vendor: contracts.vendors, operation: operations };
    const make = (properties, names) => names.map((name) => field(name, properties[name], offered[name]));
    const options = make(fault, Object.keys(fault).filter((name) => name !== "kind"));
    const matches = make(match, Object.keys(match));
    const often = make(rule, ["times", "probability", "id"]);
    often[0].lastChild.value = 1;
    const about = el("p", { class: "muted about" });
    const choose = () => {
      for (const label of options) label.hidden = !isOptionOf(kind.value, fault[label.dataset.field]);
      about.textContent = meaning(contracts.schema("FaultKind").description, kind.value);
    };
    kind.addEventListener("change", choose);
    choose();
    const group = (title, fields) => el("fieldset", { class: "fields" }, el("legend", {}, title), fields);
    const form = el(
      "form",
      { class: "fault-form" },
      group("Fault", [el("label", {}, "kind", kind), ...options, about]),
      group("Which requests", matches),
      group("How often", often),
      el("button", {}, "Add"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const shown = options.filter((label) => !label.hidden);
      this.#add(() => ({ fault: { kind: kind.value, ...values(shown, fault) }, match: values(matches, match), ...values(often, rule) }));
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
        el("span", {}, described(rule)),
        el("span", { class: "muted" }, `played ${rule.fired}${rule.times ? ` of ${rule.times}` : ""}`),
        button("Remove", () => this.#remove(rule), { class: "small", "aria-label": `Remove ${rule.id}` }),
      ),
    );
    this.list.replaceChildren(...(rows.length ? rows : [el("li", { class: "muted" }, "No faults: all goes by the contract.")]));
  }
}

function described(rule) {
  const { operation, ...others } = rule.match ?? {};
  const { kind, ...options } = rule.fault;
  const facts = { ...others, ...options, ...(rule.probability !== undefined && { probability: rule.probability }) };
  return [operation ?? "any operation", ...Object.entries(facts).map(([name, value]) => `${name} ${JSON.stringify(value)}`)].join(", ");
}

// The contract names the kinds of an option before the colon of its description.
const isOptionOf = (kind, schema) => schema.description.split(":")[0].split(/[ ,]+/).includes(kind);

const meaning = (text, kind) => new RegExp(`(?:^|[.,] )${kind}(?:, [a-z-]+)*: ([^.]+\\.)`).exec(text)?.[1] ?? "";

function overrides() {
  const code = (text) => el("code", {}, text);
  return el(
    "p",
    { class: "muted" },
    "One request alone needs no rule: its header ",
    code("X-Mock-Fault: rate-limit; retry_after=5"),
    " plays a fault on it, ",
    code("Prefer: code=503"),
    " answers it with a status of the contract, ",
    code("Prefer: example=NAME"),
    " with one of its examples.",
  );
}
