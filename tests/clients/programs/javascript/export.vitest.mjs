import { expect, test } from "report-contracts-mock/vitest";

const timespan = { from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" };

test("a report arrives", async ({ mock }) => {
  const api = `${mock.baseUrl}/data/reports/calls`;
  const headers = { ...mock.headers("talkdesk", "writer"), "Content-Type": "application/json" };
  const body = JSON.stringify({ format: "csv", timespan });
  const { job } = await (await fetch(`${api}/jobs`, { method: "POST", headers, body })).json();
  await mock.clock.advance("PT1M");
  expect(await (await fetch(`${api}/files/${job.id}`, { headers })).text()).toMatch(/^call_id,/);
  await mock.verify({ operation: "createReportJob", exactly: 1 });
});

test("another test has a sandbox of its own", async ({ mock }) => {
  await mock.verify({ exactly: 0 });
});
