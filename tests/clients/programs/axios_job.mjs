// What axios, found in NODE_PATH, does by default with a job of Talkdesk:
// `node axios_job.mjs BASE_URL TOKEN`.
import {createRequire} from "node:module";
import {gzipSync} from "node:zlib";
import {Readable} from "node:stream";
import {setTimeout as sleep} from "node:timers/promises";
import {BODY, CALLS, CONTACTS, JSON_TYPE, POLLS, STATUS, TOO_LARGE, report} from "./_tasks.mjs";

const [base, token] = process.argv.slice(2);
const axios = createRequire(import.meta.url)("axios");
const state = {};
const client = axios.create({
  baseURL: base,
  headers: {Authorization: `Bearer ${token}`},
  validateStatus: () => true,
  proxy: false,
});
const seen = (reply) => ({status: reply.status, path: reply.request.path});

async function create(body, headers = {}) {
  const reply = await client.post(CONTACTS, body, {headers: {...JSON_TYPE, ...headers}});
  return {status: reply.status, name: reply.data.job?.name};
}

await report({
  async job() {
    const created = await client.post(CALLS, JSON.parse(BODY));
    const {job, _links} = created.data;
    [state.job, state.file] = [_links.self.href, _links.files.href];
    let polled;
    for (let tries = 0; tries < POLLS; tries++) {
      polled = await client.get(state.job);
      if (polled.status !== 200 || polled.request.path !== state.job) break;
      await sleep(50);
    }
    const file = await client.get(state.file, {responseType: "arraybuffer"});
    return {
      created: created.status,
      name: job.name,
      end: seen(polled),
      file: {status: file.status, length: file.data.length, first: file.data.toString().slice(0, 7)},
    };
  },
  followed: async () => seen(await client.get(state.job, {maxRedirects: 5})),
  async head() {
    const reply = await client.head(state.file);
    return {status: reply.status, length: Number(reply.headers["content-length"])};
  },
  async conditional() {
    const file = await client.get(state.file);
    const etag = file.headers.etag ?? '"none"';
    const options = {headers: {"If-None-Match": etag}, responseType: "arraybuffer"};
    const reply = await client.get(state.file, options);
    return {status: reply.status, length: reply.data.length};
  },
  async part() {
    const options = {headers: {Range: "bytes=100-"}, responseType: "arraybuffer"};
    const reply = await client.get(state.file, options);
    return {status: reply.status, length: reply.data.length};
  },
  chunked: () => create(Readable.from([BODY.subarray(0, 20), BODY.subarray(20)])),
  compressed: () => create(gzipSync(BODY), {"Content-Encoding": "gzip"}),
  expecting: () => create(BODY, {Expect: "100-continue"}),
  too_large: () => create(TOO_LARGE),
  async after_reset() {
    const first = await client.get(STATUS).then((reply) => reply.status, () => "error");
    return {first, second: (await client.get(STATUS)).status};
  },
});
