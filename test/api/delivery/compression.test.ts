// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { acceptedEncoding } from "../../../src/api/delivery/accepted-encoding.ts";
import { compressAnswers } from "../../../src/api/delivery/compression.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { policy, startApi } from "../api-server.ts";

test.each([
  [undefined, undefined],
  ["", undefined],
  ["identity", undefined],
  ["gzip, deflate, br", "br"],
  ["gzip", "gzip"],
  ["br;q=0.5, gzip", "gzip"],
  ["br;q=0, gzip;q=0", undefined],
  ["*", "br"],
  ["*;q=0.1, gzip", "gzip"],
  ["BR", "br"],
  ["br;q=x", undefined],
])("of %j the encoding %j is chosen", (header, encoding) => {
  expect(acceptedEncoding(header)).toBe(encoding);
});

/** An answer as it is on the wire. */
async function get(url: string, headers: Record<string, string> = {}) {
  const answer = await new Promise<import("node:http").IncomingMessage>((resolve, reject) =>
    request(url, { headers }, resolve).on("error", reject).end(),
  );
  return { headers: answer.headers, status: answer.statusCode, bytes: await buffer(answer) };
}

test("a long answer is compressed as the client accepts it, a short one is not", async () => {
  const { url, call } = await startApi();
  for (let n = 0; n < 60; n++) await call(`PUT /policies/p${n}`, { body: policy(`p${n}`) });
  const at = `${url}/api/v1/policies`;
  const plain = await get(at);
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(plain.headers.vary).toBe("accept-encoding");
  for (const [encoding, whole] of [
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const) {
    const answer = await get(at, { "accept-encoding": encoding });
    expect([answer.headers["content-encoding"], answer.headers["content-length"]]).toEqual([
      encoding,
      undefined,
    ]);
    expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 4);
    expect(JSON.parse(whole(answer.bytes).toString())).toEqual(JSON.parse(plain.bytes.toString()));
  }
  const short = await get(`${url}/api/v1/taps`, { "accept-encoding": "br" });
  expect([short.headers["content-encoding"], short.headers.vary]).toEqual([undefined, undefined]);
});

test("errors, and answers with the tag of a write, are not compressed", async () => {
  const { url, call } = await startApi();
  const description = "x".repeat(2000);
  await call("PUT /policies/a", { body: policy("a", { description }) });
  for (const [path, status] of [
    ["policies/a", 200],
    [`policies/${"y".repeat(90)}?${"z".repeat(1500)}=1`, 400],
  ] as const) {
    const answer = await get(`${url}/api/v1/${path}`, { "accept-encoding": "br" });
    expect([answer.status, answer.headers["content-encoding"]]).toEqual([status, undefined]);
    expect(answer.bytes.length).toBeGreaterThan(1024);
  }
});

/** An app with a few answers of its own. */
async function appWith(routes: (app: ReturnType<typeof fastify>) => void) {
  const app = fastify();
  compressAnswers(app);
  routes(app);
  onTestFinished(() => {
    app.server.closeAllConnections();
    return app.close();
  });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

const LONG = { text: "x".repeat(5000) };

test("answers with secrets are not compressed", async () => {
  const url = await appWith((app) => {
    app.get("/session", { config: { hasSecret: true } }, async () => LONG);
    app.get("/login", async (_request: FastifyRequest, reply: FastifyReply) =>
      reply.header("set-cookie", "a=b").send(LONG),
    );
    app.get("/other", async () => LONG);
  });
  for (const [path, encoding] of [
    ["/session", undefined],
    ["/login", undefined],
    ["/other", "gzip"],
  ] as const) {
    const { headers } = await get(url + path, { "accept-encoding": "gzip" });
    expect([path, headers["content-encoding"]]).toEqual([path, encoding]);
  }
});

test("clients that read nothing take places, and the answers beyond these are sent as they are", async () => {
  let made = 0;
  const url = await appWith((app) => {
    app.get("/endless", (_request: FastifyRequest, reply: FastifyReply) => {
      const pieces = function* () {
        for (;;) {
          made++;
          // Random, so that it stays long when it is compressed.
          yield randomBytes(32 * 1024).toString("base64");
        }
      };
      reply.type("application/json").send(Readable.from(pieces()));
    });
    app.get("/other", async () => LONG);
  });
  const clients = Array.from({ length: 32 }, () => {
    const client = request(`${url}/endless`, { headers: { "accept-encoding": "gzip" } });
    // With a listener nothing is read unless it does so.
    client.on("response", () => undefined);
    client.on("error", () => undefined).end();
    return client;
  });
  const encoding = async () =>
    (await get(`${url}/other`, { "accept-encoding": "gzip" })).headers["content-encoding"];
  await waitFor(async () => (await encoding()) === undefined, { what: "all places to be taken" });
  // No more is made than the connections and the buffers hold.
  let before = -1;
  await waitFor(
    async () => {
      const isSame = made === before;
      before = made;
      return isSame;
    },
    { everyMs: 300, what: "the answers to wait for their clients" },
  );
  for (const client of clients) client.destroy();
  await waitFor(async () => (await encoding()) === "gzip", { what: "a free place" });
});
