import { expect, test } from "report-contracts-mock/playwright";

test.describe.configure({ mode: "parallel" });

test.beforeEach(async ({ mock, page }) => {
  const headers = JSON.stringify(mock.headers("talkdesk", "writer"));
  await page.goto(`/page.html?${new URLSearchParams({ api: mock.baseUrl, headers })}`);
  await page.getByRole("button", { name: "Export" }).click();
  await expect(page.getByRole("status")).toHaveText("waiting");
});
test("a report arrives", async ({ mock, page }) => {
  await mock.clock.advance({ minutes: 1 });
  await expect(page.getByRole("status")).toContainText("call_id");
});
test("a report that fails is said so", async ({ mock, page }) => {
  const [job] = await mock.jobs("talkdesk");
  await mock.outcome("talkdesk", job.id, "FAILED");
  await expect(page.getByRole("status")).toHaveText("failed");
});
test("a limit is said so", async ({ mock, page }) => {
  await mock.fault("rate-limit", { match: { operation: "getReportJob" } });
  await expect(page.getByRole("status")).toHaveText("no answer: 429");
});
test("one job is created", ({ mock }) => mock.verify({ operation: "createReportJob", exactly: 1 }));
test("no file is asked for", ({ mock }) => mock.verify({ operation: "getReportFile", exactly: 0 }));
