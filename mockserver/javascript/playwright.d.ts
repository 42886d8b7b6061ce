import type { PlaywrightTestArgs, PlaywrightTestOptions, PlaywrightWorkerArgs, PlaywrightWorkerOptions, TestType } from "@playwright/test";
import type { Mock, Sandbox, SandboxOptions, StartOptions } from "./index.js";

export { expect } from "@playwright/test";

export interface MockFixtures {
  /** How the sandbox of a test begins: `test.use({ mockOptions: { scenario: "fails" } })`. */
  mockOptions: SandboxOptions;
  /** A sandbox for this test alone; its journal is attached where the test fails. */
  mock: Sandbox;
}

export interface MockWorkerFixtures {
  /** How the mock of a worker is started, unless MOCK_URL names one that runs. */
  mockServerOptions: StartOptions;
  mockServer: Mock;
}

export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & MockFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & MockWorkerFixtures
>;
