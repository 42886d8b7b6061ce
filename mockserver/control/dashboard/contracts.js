// The contracts that the server publishes with its documentation: operations, kinds of faults.

import { BASE } from "./api.js";

const METHODS = ["get", "put", "post", "delete", "patch"];

export class Contracts {
  constructor() {
    this.read = new Map();
  }

  async load(vendors) {
    this.vendors = vendors;
    await this.#document("control");
  }

  has(name, path) {
    return path in (this.read.get(name)?.paths ?? {});
  }

  faultKinds() {
    return this.read.get("control")?.components.schemas.FaultKind?.enum ?? [];
  }

  // The operationIds of all vendors.
  async operations() {
    const documents = await Promise.all(this.vendors.map((vendor) => this.#document(vendor)));
    return documents.flatMap((document) =>
      Object.values(document.paths).flatMap((item) => METHODS.flatMap((method) => item[method]?.operationId ?? [])),
    );
  }

  async #document(name) {
    if (!this.read.has(name)) {
      const reply = await fetch(`${BASE}/docs/${encodeURIComponent(name)}/openapi.json`);
      this.read.set(name, reply.ok ? await reply.json() : { paths: {}, components: { schemas: {} } });
    }
    return this.read.get(name);
  }
}
