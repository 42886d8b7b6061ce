// Reads contracts by libraries found in NODE_PATH:
// `node contract_readers.mjs swagger-parser|openapi-typescript|prism REQUESTS`, where REQUESTS is a
// file with a list of {document, path, headers}. Reports what each made of each document.
import {createRequire} from "node:module";
import {readFile} from "node:fs/promises";

const require = createRequire(import.meta.url);
const [tool, requests] = process.argv.slice(2);

const readers = {
  async "swagger-parser"({document}) {
    const {default: parser} = require("@apidevtools/swagger-parser");
    return Object.keys((await parser.validate(document)).paths).length;
  },
  async "openapi-typescript"({document}) {
    const {astToString, default: generate} = require("openapi-typescript");
    const types = astToString(await generate(JSON.parse(await readFile(document, "utf8"))));
    return types.match(/^ {4}"\/.*": \{$/gm).length;
  },
  async prism({document, path, headers}) {
    const {createLogger} = require("@stoplight/prism-core");
    const {getHttpOperationsFromSpec} = require("@stoplight/prism-http");
    const {createServer} = require("@stoplight/prism-http-server");
    const server = createServer(await getHttpOperationsFromSpec(document), {
      components: {logger: createLogger("prism", {enabled: false})},
      cors: false,
      config: {
        checkSecurity: true,
        validateRequest: true,
        validateResponse: true,
        mock: {dynamic: false},
        isProxy: false,
        errors: true,
      },
    });
    try {
      const reply = await fetch((await server.listen(0, "127.0.0.1")) + path, {headers});
      return {status: reply.status, body: await reply.json()};
    } finally {
      await server.close();
    }
  },
};

const results = [];
for (const request of JSON.parse(await readFile(requests, "utf8"))) {
  results.push(await readers[tool](request));
}
console.log(JSON.stringify({results}));
