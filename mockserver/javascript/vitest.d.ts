import type { TestAPI } from "vitest";
import type { Mock, Sandbox, SandboxOptions } from "./index.js";

export { expect } from "vitest";

export interface MockFixtures {
  /** How the sandbox of a test begins: `test.override({ mockOptions: { scenario: "fails" } })`. */
  mockOptions: SandboxOptions;
  /** A sandbox for this test alone; its journal is printed where the test fails. */
  mock: Sandbox;
  mockServer: Mock;
}

export const test: TestAPI<MockFixtures>;
