// Swagger UI for the contract beside this page, and what its markup lacks for assistive technology.

const NAMES = [
  [".servers select", "Server"],
  [".examples-select-element", "Example"],
  [".content-type", "Media type"],
  [".body-param__text", "Request body"],
  [".copy-to-clipboard button", "Copy"],
  [".close-modal", "Close"],
  [".auth-container input:not([id])", "Value"],
];

// A link inside the button that opens an operation is reached by no screen reader.
const Plain = ({ React }) => ({
  components: { DeepLink: ({ text }) => React.createElement("span", null, text) },
});

function amend(root) {
  for (const button of root.querySelectorAll(".opblock-summary-control")) {
    button.removeAttribute("aria-label"); // it hides the summary that the button shows
  }
  for (const [selector, name] of NAMES) {
    for (const control of root.querySelectorAll(selector)) setName(control, name);
  }
  for (const control of root.querySelectorAll("tr[data-param-name] :is(input, select, textarea)")) {
    setName(control, control.closest("tr").dataset.paramName);
  }
  for (const code of root.querySelectorAll("pre.microlight")) code.tabIndex = 0; // it may scroll
}

function setName(control, name) {
  if (control.getAttribute("aria-label") !== name) control.setAttribute("aria-label", name);
}

const root = document.getElementById("swagger-ui");
new MutationObserver(() => amend(root)).observe(root, { childList: true, subtree: true });

// By the origin, because the address may hold a password, and no fetch may.
const contract = location.origin + new URL("openapi.json", location.href).pathname;

SwaggerUIBundle({
  url: contract,
  domNode: root,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  plugins: [Plain],
});
