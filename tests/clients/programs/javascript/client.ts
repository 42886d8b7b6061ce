// A client that takes its types from the contracts: it compiles in strict mode and does one whole job.
import { connectMock, type Sandbox } from "report-contracts-mock";
import type { operations as Documented } from "report-contracts-mock/contracts/talkdesk";
import type { operations as Observed } from "report-contracts-mock/contracts/talkdesk-observed";

declare const process: { argv: string[] };

type Body<Responses, Status extends keyof Responses> = Responses[Status] extends {
  content: { "application/json": infer Content };
}
  ? Content
  : never;
type Created = Body<Documented["createReportJob"]["responses"], 202>;
type Done = Body<Documented["getReportJob"]["responses"], 300> | Body<Observed["getReportJob"]["responses"], 303>;
type NewJob = Documented["createReportJob"]["requestBody"]["content"]["application/json"];

async function exportCalls(mock: Sandbox, done: 300 | 303): Promise<string> {
  const api = `${mock.baseUrl}/data/reports/calls`;
  const headers = { ...mock.headers("talkdesk", "writer"), "Content-Type": "application/json" };
  const order: NewJob = { format: "csv", timespan: { from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" } };
  const created = await fetch(`${api}/jobs`, { method: "POST", headers, body: JSON.stringify(order) });
  const { job } = (await created.json()) as Created;
  if (!job?.id) throw new Error("no job");
  await mock.clock.advance({ minutes: 1 });
  const polled = await fetch(`${api}/jobs/${job.id}`, { headers, redirect: "manual" });
  if (polled.status !== done) throw new Error(`${polled.status} instead of ${done}`);
  const state: Done = (await polled.json()) as Done;
  const words: Array<NonNullable<NonNullable<Done["job"]>["status"]>> = ["DONE", "done"];
  if (!state.job?.status || !words.includes(state.job.status)) throw new Error(`${state.job?.status}`);
  return (await fetch(`${api}/files/${job.id}`, { headers })).text();
}

const [url, done] = process.argv.slice(2);
if (!url) throw new Error("usage: client.js URL STATUS");
const server = await connectMock(url);
const mock = await server.sandbox();
const text = await exportCalls(mock, done === "303" ? 303 : 300);
await mock.verify({ operation: "createReportJob", exactly: 1 });
await mock.close();
console.log(JSON.stringify({ header: text.split("\n")[0] }));
