// The one dialog: it shows something, or asks before something is lost.

import { button, byId, el } from "./dom.js";

// Open the dialog with these children; the answer puts others in their place.
export function open(title, children) {
  byId("dialog-title").textContent = title;
  const body = byId("dialog-body");
  const put = (...more) => body.replaceChildren(...more.flat().filter((child) => child !== null));
  put(...children);
  const dialog = byId("dialog");
  if (!dialog.open) dialog.showModal();
  return put;
}

export const close = () => byId("dialog").close();

// Ask, and do it when the answer is yes.
export function confirm(title, text, yes, action) {
  const sure = button(yes, () => (close(), action()), { class: "danger", "data-confirm": true });
  open(title, [el("p", {}, text), el("p", { class: "answers" }, sure, button("Cancel", close))]);
  sure.focus();
}
