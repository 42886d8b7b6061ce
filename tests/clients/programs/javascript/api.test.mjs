import assert from "node:assert/strict";
import { test } from "node:test";
import { connectMock, ControlError, startMock, VerificationError } from "report-contracts-mock";

const command = JSON.parse(process.env.MOCK_COMMAND);
const timespan = { from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" };

async function create(mock) {
  const headers = { ...mock.headers("talkdesk", "writer"), "Content-Type": "application/json" };
  const body = JSON.stringify({ format: "csv", timespan });
  const response = await fetch(`${mock.baseUrl}/data/reports/calls/jobs`, { method: "POST", headers, body });
  return (await response.json()).job;
}

test("a started mock gives sandboxes, and ends with stop", async () => {
  const server = await startMock({ command, args: ["--seed", "3"] });
  const [one, two] = await Promise.all([server.sandbox({ seed: 7 }), server.sandbox({ seed: 7, clock: "real" })]);
  assert.notEqual(one.id, two.id);
  const job = await create(one);
  assert.deepEqual(await two.verify({ operation: "createReportJob", exactly: 0 }).then((r) => r.verified), true);
  const before = await one.clock.now();
  assert.equal((await one.clock.advance({ hours: 1, milliseconds: 1 })) - before, 3_600_001);
  assert.equal((await one.jobs("talkdesk"))[0].state, "DONE");
  assert.equal((await one.outcome("talkdesk", (await create(one)).id, "FAILED")).state, "FAILED");
  assert.equal((await one.clock.set(before)).getTime(), before.getTime());
  await assert.rejects(one.verify({ operation: "createReportJob", max: 1 }), VerificationError);
  await one.verify([{ operation: "createReportJob", exactly: 2 }]);
  assert.equal((await one.requests({ method: "POST" })).length, 2);
  const rule = await one.fault({ kind: "latency", ms: 10 }, { times: 1 });
  assert.equal(rule.label, "valid");
  await one.clearFaults();
  await one.reset();
  assert.ok(!(await one.jobs("talkdesk")).some(({ id }) => id === job.id));
  assert.throws(() => one.headers("talkdesk", "nobody"), /no "nobody" among .*writer/);
  assert.throws(() => one.clock.advance({ seconds: -1 }), RangeError);
  await one.close();
  await one.close();
  await server.stop();
  await assert.rejects(two.jobs(), (error) => error instanceof ControlError && /no mock answers/.test(error.message));
});

test("what cannot start says why", async () => {
  await assert.rejects(startMock({ command, args: ["--wrong"] }), /No such option/);
  await assert.rejects(startMock({ command, vendors: ["nowhere", "neither"] }), /nowhere.*no such folder[^]*neither/);
  await assert.rejects(startMock({ command: "no-such-program" }), /pip install report-contracts/);
});

test("a mock that runs is used and not stopped", async () => {
  const server = await connectMock(`${process.env.MOCK_URL}/`);
  const mock = await server.sandbox();
  await assert.rejects(mock.outcome("talkdesk", "no such/job", "DONE"), (error) => error.status === 404);
  await mock.close();
  await server.stop();
  await connectMock(process.env.MOCK_URL);
});

test("what a test patches does not catch the package's own calls", async () => {
  const real = globalThis.fetch;
  globalThis.fetch = () => assert.fail("patched");
  try {
    await (await (await connectMock(process.env.MOCK_URL)).sandbox()).close();
  } finally {
    globalThis.fetch = real;
  }
});
