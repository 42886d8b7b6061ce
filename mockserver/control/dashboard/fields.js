// Form fields made from the schemas of the contract, and what a user has put into them.

import { el } from "./dom.js";

// A labelled field for a member of an object; `choices` are offered where the schema names none.
export function field(name, schema, choices = schema.enum) {
  const control = choices ? select(name, choices) : input(name, schema);
  return el("label", { title: schema.description, "data-field": name }, name.replaceAll("_", " "), control);
}

// The members that have a value, by name, each in the type of its schema.
export function values(fields, properties) {
  const controls = fields.map((label) => label.lastChild).filter((control) => control.value !== "");
  return Object.fromEntries(controls.map((control) => [control.name, read(control, properties[control.name])]));
}

function select(name, choices) {
  return el("select", { name }, ["", ...choices].map((value) => el("option", { value }, String(value))));
}

function input(name, schema) {
  if (schema.type === "boolean") return select(name, ["true", "false"]);
  const number = ["integer", "number"].includes(schema.type);
  if (number) return el("input", { name, type: "number", min: schema.minimum, max: schema.maximum, step: schema.type === "integer" ? 1 : "any" });
  return el("input", { name, placeholder: schema.type ? undefined : '"text", 1 or null', spellcheck: "false", class: "wide" });
}

function read(control, schema) {
  if (schema.type === "string") return control.value;
  try {
    return JSON.parse(control.value);
  } catch {
    throw new Error(`${control.name} is no JSON; write a text in quotes, a number, true, false or null.`);
  }
}
