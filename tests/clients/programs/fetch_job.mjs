// What Node's fetch does by default with a job of Talkdesk: `node fetch_job.mjs BASE_URL TOKEN`.
import {gzipSync} from "node:zlib";
import {setTimeout as sleep} from "node:timers/promises";
import {BODY, CALLS, CONTACTS, JSON_TYPE, POLLS, STATUS, TOO_LARGE, report} from "./_tasks.mjs";

const [base, token] = process.argv.slice(2);
const state = {};

function call(path, options = {}) {
  const headers = {Authorization: `Bearer ${token}`, ...options.headers};
  return fetch(new URL(path, base), {...options, headers});
}

async function create(body, headers = {}, options = {}) {
  const init = {method: "POST", body, headers: {...JSON_TYPE, ...headers}, ...options};
  const reply = await call(CONTACTS, init);
  return {status: reply.status, name: (await reply.json()).job?.name};
}

await report({
  async job() {
    const created = await call(CALLS, {method: "POST", body: BODY, headers: JSON_TYPE});
    const made = await created.json();
    [state.job, state.file] = [made._links.self.href, made._links.files.href];
    let polled;
    for (let tries = 0; tries < POLLS; tries++) {
      polled = await call(state.job);
      await polled.text();
      if (polled.status !== 200 || polled.redirected) break;
      await sleep(50);
    }
    const file = await call(state.file);
    const bytes = await file.bytes?.() ?? new Uint8Array(await file.arrayBuffer());
    state.length = bytes.length;
    return {
      created: created.status,
      name: made.job.name,
      end: {status: polled.status, path: new URL(polled.url).pathname},
      file: {status: file.status, length: bytes.length, first: new TextDecoder().decode(bytes.slice(0, 7))},
    };
  },
  async followed() {
    const reply = await call(state.job, {redirect: "follow"});
    await reply.arrayBuffer(); // else Node ends only when the connection does
    return {status: reply.status, path: new URL(reply.url).pathname};
  },
  async head() {
    const reply = await call(state.file, {method: "HEAD"});
    return {status: reply.status, length: Number(reply.headers.get("Content-Length"))};
  },
  async conditional() {
    const file = await call(state.file);
    await file.arrayBuffer();
    const etag = file.headers.get("ETag") ?? '"none"';
    const reply = await call(state.file, {headers: {"If-None-Match": etag}});
    return {status: reply.status, length: (await reply.arrayBuffer()).byteLength};
  },
  async part() {
    const reply = await call(state.file, {headers: {Range: "bytes=100-"}});
    return {status: reply.status, length: (await reply.arrayBuffer()).byteLength};
  },
  chunked() {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(BODY.slice(0, 20));
        controller.enqueue(BODY.slice(20));
        controller.close();
      },
    });
    return create(stream, {}, {duplex: "half"});
  },
  compressed: () => create(gzipSync(BODY), {"Content-Encoding": "gzip"}),
  too_large: () => create(TOO_LARGE),
  async after_reset() {
    const first = await call(STATUS).then((reply) => reply.text().then(() => reply.status), () => "error");
    return {first, second: (await call(STATUS)).status};
  },
});
