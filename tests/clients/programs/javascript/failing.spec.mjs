import { expect, test } from "report-contracts-mock/playwright";

test.use({ mockOptions: { id: "fails-on-purpose", seed: 7 } });

test("a test that fails has the journal", async ({ mock }) => {
  await fetch(`${mock.baseUrl}/data/reports/calls/jobs`, { headers: mock.headers("talkdesk", "reader") });
  expect(mock.id).toBe("another");
});
