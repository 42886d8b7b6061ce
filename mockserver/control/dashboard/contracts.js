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

  // A schema of the control plane, its members without references.
  schema(name) {
    const { schemas } = this.read.get("control").components;
    const resolved = (schema) => (schema.$ref ? schemas[schema.$ref.split("/").pop()] : schema);
    const { properties = {}, ...schema } = schemas[name];
    return { ...schema, properties: Object.fromEntries(Object.entries(properties).map(([key, it]) => [key, resolved(it)])) };
  }

  // Whether an operation is called with the id and secret of a client (HTTP Basic).
  async isForClients(vendor, operationId) {
    const { paths, components } = await this.#document(vendor);
    const operations = Object.values(paths).flatMap((item) => METHODS.map((method) => item[method]));
    const names = (operations.find((it) => it?.operationId === operationId)?.security ?? []).flatMap(Object.keys);
    return names.some((name) => components.securitySchemes[name].scheme === "basic");
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
