// Starts a mock, or uses one that runs, and gives each test a sandbox: data, ids, clock, faults, journal and
// credentials of its own. The contract of the calls is that of /_mock/docs/control/.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// What a test patches later (msw, nock, a spy) does not catch the calls of this package.
const fetch = globalThis.fetch;

const KEPT_LINES = 20;

/** The control plane refused, or could not be reached (then `status` is undefined). */
export class ControlError extends Error {
  name = "ControlError";

  constructor(message, status, options) {
    super(message, options);
    this.status = status;
  }
}

/** The calls that were expected are not those that were made; the message shows what came close. */
export class VerificationError extends Error {
  name = "VerificationError";
}

/** A mock that answers at `baseUrl`. */
export class Mock {
  #process;
  #token;

  constructor(baseUrl, token, process) {
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.controlUrl = `${this.baseUrl}/_mock`;
    this.#token = token;
    this.#process = process;
  }

  /** Make a sandbox; its clock stands unless `clock` says otherwise. */
  async sandbox({ id, seed, scenario, clock = { mode: "manual" } } = {}) {
    const body = { id, seed, scenario, clock: typeof clock === "string" ? { mode: clock } : clock };
    return new Sandbox(this, await this.ask("POST", "/sandboxes", { body }));
  }

  /** Stop the mock if this process started it. */
  async stop() {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.ref();
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  /** Return the JSON that the control plane answers, undefined where it says nothing. */
  async ask(method, path, { body, query = {}, sandbox } = {}) {
    const url = new URL(this.controlUrl + path);
    for (const [name, value] of Object.entries(query)) {
      for (const item of [value].flat()) if (item !== undefined) url.searchParams.append(name, item);
    }
    const headers = {
      ...(this.#token && { "X-Mock-Token": this.#token }),
      ...(sandbox && { "X-Mock-Sandbox": sandbox }),
      ...(body && { "Content-Type": "application/json" }),
    };
    let response;
    try {
      response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    } catch (error) {
      throw new ControlError(`no mock answers at ${this.baseUrl}: ${reasonOf(error)}`, undefined, { cause: error });
    }
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : undefined;
    throw new ControlError(`${method} ${url}: ${response.status} ${detailOf(text)}`, response.status);
  }
}

/** The virtual time of a sandbox. */
export class Clock {
  #ask;

  constructor(ask) {
    this.#ask = ask;
  }

  /** Return the present. */
  async now() {
    return new Date((await this.#ask("GET", "/clock")).now);
  }

  /** Move on by an ISO 8601 duration, or by units: `advance({ minutes: 5 })`. Return the present then. */
  advance(by) {
    return this.#move({ advance: typeof by === "string" ? by : durationOf(by) });
  }

  /** Go to a date and time; the only way back. */
  set(time) {
    return this.#move({ set: typeof time === "string" ? time : time.toISOString() });
  }

  /** Let time go by itself, `speed` virtual seconds a real one. */
  run(speed = 1) {
    return this.#move({ mode: "real", speed });
  }

  /** Let time stand still. */
  stop() {
    return this.#move({ mode: "manual" });
  }

  async #move(body) {
    return new Date((await this.#ask("POST", "/clock", { body })).now);
  }
}

/** One sandbox: where to call it and as whom, its time, its jobs, and what it was asked. */
export class Sandbox {
  #ask;
  #headers;

  constructor(mock, { id, seed, credentials, headers }) {
    this.#ask = (method, path, options) => mock.ask(method, path, { ...options, sandbox: id });
    this.#headers = headers;
    this.baseUrl = mock.baseUrl;
    this.id = id;
    this.seed = seed;
    this.credentials = credentials;
    this.clock = new Clock(this.#ask);
  }

  /** Return what a request carries to be this role's, in this sandbox. */
  headers(vendor, role) {
    return { ...find(find(this.#headers, vendor), role) };
  }

  /** Return the newest jobs, of all vendors or of one. */
  async jobs(vendor) {
    return (await this.#ask("GET", "/jobs", { query: { vendor } })).jobs;
  }

  /** Decide how a job ends; return it. */
  outcome(vendor, job, outcome) {
    const path = ["/jobs", vendor, job].map((part, n) => (n ? encodeURIComponent(part) : part)).join("/");
    return this.#ask("POST", `${path}/outcome`, { body: { outcome } });
  }

  /** Add a fault by its kind, or with its options; return the rule with its id and label. */
  async fault(fault, { match, ...rule } = {}) {
    const body = { fault: typeof fault === "string" ? { kind: fault } : fault, match, ...rule };
    return (await this.#ask("POST", "/faults", { body })).faults[0];
  }

  /** Take all faults away. */
  async clearFaults() {
    await this.#ask("DELETE", "/faults");
  }

  /** Return the exchanges so far, the oldest first; filters are those of /_mock/requests. */
  async requests(filters = {}) {
    return (await this.#ask("GET", "/requests", { query: { limit: 1000, ...filters } })).requests;
  }

  /** Return the result if the calls were made, each at least once unless it has a count. */
  async verify(calls, { order = false } = {}) {
    const expected = [calls].flat().map(({ exactly, min, max, count, ...call }) => {
      const counts = { exactly, min, max, ...count };
      return Object.values(counts).some((n) => n !== undefined) ? { ...call, count: counts } : call;
    });
    const result = await this.#ask("POST", "/verify", { body: { calls: expected, order } });
    if (!result.verified) throw new VerificationError(explain(expected, result));
    return result;
  }

  /** Put all back to the start: data, ids, clock, faults and journal. */
  async reset() {
    await this.#ask("POST", "/reset");
  }

  /** Delete the sandbox. */
  async close() {
    try {
      await this.#ask("DELETE", `/sandboxes/${this.id}`);
    } catch (error) {
      if (error.status !== 404) throw error; // the test may have deleted it itself
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }
}

/** Start `mockserver serve` on a free port; resolves once it answers. */
export async function startMock({ command = "mockserver", args = [], vendors = [], env = {} } = {}) {
  const [program, ...first] = [command].flat();
  const own = vendors.flatMap((folder) => ["--vendors", folder]);
  const child = spawn(program, [...first, "serve", "--port", "0", "--log-format", "json", ...own, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    said.push(line);
    said.splice(0, said.length - KEPT_LINES);
  });
  const failed = new Promise((_, reject) => {
    child.once("error", (error) => reject(new ControlError(`${program}: ${error.message}; pip install report-contracts`)));
    child.once("close", (code) => reject(new ControlError(`${program} ended with ${code}: ${said.join("\n")}`)));
  });
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), failed]);
  failed.catch(() => {}); // it will end one day
  // A test that forgets to stop it, or fails before, neither waits for it nor leaves it behind.
  for (const handle of [child, child.stdout, child.stderr]) handle.unref();
  process.once("exit", () => child.kill());
  const { url, control_token: token } = JSON.parse(line);
  return new Mock(url, token ?? undefined, child);
}

/** Use a mock that runs already; `token` is what its control plane asks for, if it does. */
export async function connectMock(baseUrl, { token } = {}) {
  const mock = new Mock(baseUrl, token);
  await mock.ask("GET", "/health");
  return mock;
}

/** Use the mock that MOCK_URL (and MOCK_TOKEN) names, else start one. */
export function useMock(options) {
  const { MOCK_URL: url, MOCK_TOKEN: token } = process.env;
  return url ? connectMock(url, { token }) : startMock(options);
}

function find(known, name) {
  if (!Object.hasOwn(known, name)) {
    throw new RangeError(`no ${JSON.stringify(name)} among ${Object.keys(known).sort().join(", ")}`);
  }
  return known[name];
}

function durationOf({ days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 }) {
  const total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds + milliseconds / 1000;
  if (!(total >= 0)) throw new RangeError("a clock advances by zero or more; set it to go back");
  return `PT${total.toFixed(6)}S`;
}

function reasonOf(error) {
  return error.cause?.message || error.cause?.code || error.message;
}

function detailOf(text) {
  try {
    return JSON.parse(text).detail ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}

function explain(calls, { results }) {
  const lines = ["the calls were not made as expected"];
  results.forEach((row, n) => {
    if (row.verified) return;
    const { count, ...call } = calls[n];
    const wanted = Object.keys(call).length ? JSON.stringify(call) : "any request";
    lines.push(`  ${wanted}: ${row.count} times, expected ${row.expected}`);
    if (row.reason) lines.push(`    ${row.reason}`);
    if (row.ordered === false) lines.push("    (it came out of order)");
    for (const near of row.near) {
      const differs = near.differs.map((d) => `${d.field} ${d.actual} instead of ${d.expected}`).join(", ");
      lines.push(`    near: ${near.method} ${near.path} ${near.status}: ${differs}`);
    }
  });
  return lines.join("\n");
}
