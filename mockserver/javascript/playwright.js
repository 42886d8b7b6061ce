// `import { test, expect } from "report-contracts-mock/playwright"`: the fixture `mock` is a sandbox for each test.
import { test as base } from "@playwright/test";
import { useMock } from "./index.js";

export { expect } from "@playwright/test";

export const test = base.extend({
  mockServerOptions: [{}, { option: true, scope: "worker" }],
  mockOptions: [{}, { option: true }],
  mockServer: [
    async ({ mockServerOptions }, use) => {
      const server = await useMock(mockServerOptions);
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  mock: async ({ mockServer, mockOptions }, use, testInfo) => {
    const sandbox = await mockServer.sandbox(mockOptions);
    await use(sandbox);
    if (testInfo.status !== testInfo.expectedStatus) {
      const body = JSON.stringify(await sandbox.requests(), null, 2);
      await testInfo.attach("mock-journal.json", { body, contentType: "application/json" });
    }
    await sandbox.close();
  },
});
