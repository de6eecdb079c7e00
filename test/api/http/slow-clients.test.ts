// SPDX-License-Identifier: Apache-2.0

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { HttpTimes } from "../../../src/api/limits.ts";
import { type ApiServer, policy, startApi } from "../api-server.ts";

/** Short enough for a test; a client that sends a byte every few milliseconds exceeds them, too. */
const SHORT: Partial<HttpTimes> = {
  headersTimeout: 50,
  requestTimeout: 100,
  connectionsCheckingInterval: 10,
};

const BODY = JSON.stringify(policy("slow"));

function head(path = "/api/v1/policies/slow"): string {
  const lines = [
    `PUT ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    `Content-Length: ${BODY.length}`,
  ];
  return [...lines, "", ""].join("\r\n");
}

/** A connection and all that arrives on it until the server closes it. */
function open({ url }: ApiServer): { socket: Socket; closed: Promise<string> } {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let received = "";
  socket.on("data", (bytes) => {
    received += String(bytes);
  });
  // A byte that arrives after the server has closed is answered with a reset.
  socket.on("error", () => undefined);
  return { socket, closed: once(socket, "close").then(() => received) };
}

/** Sends a text byte by byte until the server closes the connection. */
function trickle(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ""), 5);
  socket.once("close", () => clearInterval(timer));
}

test("a client that sends half a header is answered 408", async () => {
  const { socket, closed } = open(await startApi({ times: SHORT }));
  socket.write("GET /api/v1/policies HTTP/1.1\r\nHost:");
  expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
});

test("a header that comes byte by byte is answered 408", async () => {
  const { socket, closed } = open(await startApi({ times: SHORT }));
  socket.write("GET /api/v1/policies HTTP/1.1\r\nX: ");
  trickle(socket, "slow");
  expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
});

test("a body that stops in the middle is answered 408, and nothing is written", async () => {
  const api = await startApi({ times: SHORT });
  const { socket, closed } = open(api);
  socket.write(head() + BODY.slice(0, 20));
  expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
  expect(api.controller.getPolicy("slow")).toBeUndefined();
  expect(api.log).toEqual([]);
});

test("a body that comes byte by byte is answered 408", async () => {
  const { socket, closed } = open(await startApi({ times: SHORT }));
  socket.write(head());
  trickle(socket, " ");
  expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
});

test("a client that leaves in the middle of its body is no failure", async () => {
  const api = await startApi();
  const { socket, closed } = open(api);
  socket.write(head() + BODY.slice(0, 20));
  await once(api.server, "request");
  socket.resetAndDestroy();
  await closed;
  const connections = () =>
    new Promise<number>((resolve) => api.server.getConnections((_error, count) => resolve(count)));
  while ((await connections()) > 0) await new Promise(setImmediate);
  expect(api.log).toEqual([]);
});

test("half a body takes no place of the requests that wait for switches", async () => {
  const api = await startApi({ limits: { waitingRequestLimit: 1 } });
  for (const stalled of [open(api), open(api)]) {
    stalled.socket.write(head("/api/v1/policies/slow?wait=60000") + BODY.slice(0, 20));
    await once(api.server, "request");
  }
  const { status } = await api.call("PUT /policies/b?wait=1", {
    body: policy("b", { enabled: false }),
  });
  expect(status).toBe(201);
});

test("a connection without a further request is closed", async () => {
  const { socket, closed } = open(await startApi({ times: { keepAliveTimeout: 50 } }));
  socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const received = await closed;
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
  expect(received).not.toContain("408");
});

test("a client that sends 20,000 requests ahead gets 100 answers, and the rest is not read", async () => {
  let read = 0;
  const count = () => void read++;
  subscribe("http.server.request.start", count);
  onTestFinished(() => void unsubscribe("http.server.request.start", count));
  const { socket, closed } = open(await startApi());
  const request = "GET /api/v1/policies HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  socket.write(request.repeat(20_000));
  expect((await closed).match(/HTTP\/1\.1 200 /g)).toHaveLength(100);
  // One read of 64 KiB: what is in it is parsed at once.
  expect(read).toBeLessThanOrEqual(65_536 / request.length + 1);
});
