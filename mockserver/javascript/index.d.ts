import type { components, operations } from "./contracts/control.js";

type Schemas = components["schemas"];

export type Vendor = Schemas["Vendor"];
export type Job = Schemas["Job"];
export type Exchange = Schemas["Exchange"];
export type FaultKind = Schemas["FaultKind"];
export type FaultView = Schemas["FaultView"];
export type VerificationResult = Schemas["VerificationResult"];
export type RequestFilters = NonNullable<operations["listMockRequests"]["parameters"]["query"]>;
export type ExpectedCall = Schemas["ExpectedCall"] & { exactly?: number; min?: number; max?: number };
export type FaultOptions = Omit<Schemas["FaultRule"], "fault">;

export interface SandboxOptions {
  /** An id of one's own: 1 to 64 letters, digits and hyphens. */
  id?: string;
  seed?: number;
  /** Initial state and job scripts; `GET /_mock/scenarios` lists them. */
  scenario?: string;
  /** Time stands (`manual`, the default) or goes by itself (`real`). */
  clock?: Schemas["Mode"] | NonNullable<Schemas["SandboxRequest"]["clock"]>;
}

export interface Duration {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

export interface StartOptions {
  /** The program, or the program and its first arguments: `["python", "-m", "mockserver"]`. */
  command?: string | readonly string[];
  /** Further arguments of `mockserver serve`. */
  args?: readonly string[];
  /** Folders of vendors of your own, to be played beside the built-in ones. */
  vendors?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** The control plane refused, or could not be reached (then `status` is undefined). */
export class ControlError extends Error {
  readonly status?: number;
}

/** The calls that were expected are not those that were made; the message shows what came close. */
export class VerificationError extends Error {}

/** A mock that answers at `baseUrl`. */
export class Mock {
  private constructor();
  readonly baseUrl: string;
  readonly controlUrl: string;
  /** Make a sandbox. */
  sandbox(options?: SandboxOptions): Promise<Sandbox>;
  /** Stop the mock if this process started it. */
  stop(): Promise<void>;
  /** Return the JSON that an operation of /_mock answers, undefined where it says nothing. */
  ask(
    method: string,
    path: string,
    options?: { body?: unknown; query?: Readonly<Record<string, unknown>>; sandbox?: string },
  ): Promise<unknown>;
}

/** The virtual time of a sandbox; every method returns the present. */
export class Clock {
  private constructor();
  now(): Promise<Date>;
  /** Move on by an ISO 8601 duration, or by units: `advance({ minutes: 5 })`. */
  advance(by: string | Duration): Promise<Date>;
  /** Go to a date and time; the only way back. */
  set(time: Date | string): Promise<Date>;
  /** Let time go by itself, `speed` virtual seconds a real one. */
  run(speed?: number): Promise<Date>;
  /** Let time stand still. */
  stop(): Promise<Date>;
}

/** One sandbox: where to call it and as whom, its time, its jobs, and what it was asked. */
export class Sandbox {
  private constructor();
  readonly baseUrl: string;
  readonly id: string;
  readonly seed: number;
  /** Secrets by vendor and role; a request with one of them is for this sandbox. */
  readonly credentials: Schemas["Sandbox"]["credentials"];
  readonly clock: Clock;
  /** Return what a request carries to be this role's, in this sandbox; throws RangeError if there is no such role. */
  headers(vendor: Vendor, role: string): Record<string, string>;
  /** Return the newest jobs, of all vendors or of one. */
  jobs(vendor?: Vendor): Promise<Job[]>;
  /** Decide how a job ends; return it. */
  outcome(vendor: Vendor, job: string, outcome: string): Promise<Job>;
  /** Add a fault by its kind, or with its options; return the rule with its id and label. */
  fault(fault: FaultKind | Schemas["Fault"], options?: FaultOptions): Promise<FaultView>;
  /** Take all faults away. */
  clearFaults(): Promise<void>;
  /** Return the exchanges so far, the oldest first. */
  requests(filters?: RequestFilters): Promise<Exchange[]>;
  /**
   * Return the result if the calls were made, each at least once unless it has a count:
   * `verify({ operation: "createReportJob", exactly: 1 })`. Rejects with VerificationError if they were not.
   */
  verify(calls: ExpectedCall | readonly ExpectedCall[], options?: { order?: boolean }): Promise<VerificationResult>;
  /** Put all back to the start: data, ids, clock, faults and journal. */
  reset(): Promise<void>;
  /** Delete the sandbox. */
  close(): Promise<void>;
}

/** Start `mockserver serve` on a free port; resolves once it answers. */
export function startMock(options?: StartOptions): Promise<Mock>;

/** Use a mock that runs already; `token` is what its control plane asks for, if it does. */
export function connectMock(baseUrl: string, options?: { token?: string }): Promise<Mock>;

/** Use the mock that MOCK_URL (and MOCK_TOKEN) names, else start one. */
export function useMock(options?: StartOptions): Promise<Mock>;
