// Elements made of names, attributes and text. Text stays text: nothing here reads HTML.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function button(text, action, attributes = {}) {
  return el("button", { type: "button", onclick: action, ...attributes }, text);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Give an element these children, unless a key says that they are there already.
export function show(element, key, make) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...[make()].flat().filter((child) => child !== null));
}

// Let a <select> offer these [value, text] pairs and keep what is chosen, as far as it is among them.
export function offer(select, pairs) {
  show(select, JSON.stringify(pairs), () => {
    const chosen = select.value;
    const options = pairs.map(([value, text]) => el("option", { value, selected: value === chosen }, text));
    return options;
  });
}

export function say(text) {
  byId("said").textContent = text;
}
