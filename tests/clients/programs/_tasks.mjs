// What both Node programs do with their clients, and how they tell what came of it.
const TIMESPAN = {from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z"};
const NAME = "Anrufe März, 日本 🚀";
const kind = (name) => `/data/reports/${name}/jobs`;

export const BODY = Buffer.from(JSON.stringify({name: NAME, format: "csv", timespan: TIMESPAN}));
export const [CALLS, CONTACTS, STATUS] = ["calls", "contacts", "user_status"].map(kind);
export const JSON_TYPE = {"Content-Type": "application/json"};
export const POLLS = 200;
export const TOO_LARGE = Buffer.alloc(3 << 20, " ");

// Runs tasks in their order; one that throws has its error instead of a result.
export async function report(tasks) {
  const results = {};
  for (const [name, task] of Object.entries(tasks)) {
    try {
      results[name] = await task();
    } catch (error) {
      results[name] = {error: `${error} ${error.cause ?? ""}`};
    }
  }
  process.stdout.write(`\n${JSON.stringify(results)}\n`);
}
