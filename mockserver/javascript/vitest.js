// `import { test, expect } from "report-contracts-mock/vitest"`: the fixture `mock` is a sandbox for each test.
import { test as base } from "vitest";
import { useMock } from "./index.js";

export { expect } from "vitest";

export const test = base.extend({
  mockOptions: {},
  mockServer: [
    async ({}, use) => {
      const server = await useMock();
      await use(server);
      await server.stop();
    },
    { scope: "file" },
  ],
  mock: async ({ mockServer, mockOptions, task }, use) => {
    const sandbox = await mockServer.sandbox(mockOptions);
    await use(sandbox);
    if (task.result?.state === "fail") {
      for (const row of await sandbox.requests()) {
        console.error(`mock: ${row.number} ${row.method} ${row.path} ${row.status ?? "no response"}`);
      }
    }
    await sandbox.close();
  },
});
