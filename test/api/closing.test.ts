// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { QueueClosedError } from "../../src/runtime/index.ts";
import { type ApiServer, policy, startApi } from "./api-server.ts";

/** An open connection, and all that arrives on it. */
class Connection {
  readonly socket: Socket;
  #received = "";

  constructor({ url }: ApiServer) {
    this.socket = connect(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void this.socket.destroy());
    this.socket.on("data", (bytes) => {
      this.#received += String(bytes);
    });
    this.socket.on("error", () => undefined);
  }

  send(request: string, body = ""): void {
    const head = [
      `${request} HTTP/1.1`,
      "Host: 127.0.0.1",
      ...(body === "" ? [] : ["Content-Type: application/json", `Content-Length: ${body.length}`]),
    ];
    this.socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  }

  /** All of it, once a text has arrived. */
  async receives(text: string): Promise<string> {
    while (!this.#received.includes(text)) await once(this.socket, "data");
    return this.#received;
  }

  /** All of it, once the server has closed the connection. */
  async closed(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, "close");
    return this.#received;
  }
}

/** What a test can do with the work of requests. */
function heldWork() {
  const held = { finish: () => {}, abandon: () => {} };
  const gate = new Promise<void>((resolve, reject) => {
    held.finish = resolve;
    held.abandon = () => reject(new QueueClosedError());
  });
  gate.catch(() => undefined);
  return { gate, ...held };
}

/** A server with the creation of a policy under way on a connection. */
async function withCreation() {
  const api = await startApi();
  const work = heldWork();
  api.controller.gate = work.gate;
  const creating = new Connection(api);
  creating.send("POST /api/v1/policies", JSON.stringify(policy("a")));
  while (api.controller.atGate === 0) await turn();
  return { api, work, creating };
}

test("work that does not end in time is ended, and answered so", async () => {
  const { api, work, creating } = await withCreation();
  api.controller.abandon = work.abandon;
  await api.close();
  const answer = await creating.closed();
  expect(answer).toMatch(/^HTTP\/1.1 503 /);
  expect(answer).toMatch(/^retry-after: 5\r$/m);
  expect(answer).toContain('"type":"urn:openvtap:problem:stopping"');
  expect(answer).toContain("has changed nothing; send it again");
  expect(api.controller.getPolicy("a")).toBeUndefined();
});

test("work that cannot be ended is answered as of unknown outcome", async () => {
  const { api, work, creating } = await withCreation();
  await api.close();
  const answer = await creating.closed();
  expect(answer).toMatch(/^HTTP\/1.1 503 /);
  expect(answer).toMatch(/^connection: close\r$/m);
  expect(answer).toContain('"type":"urn:openvtap:problem:stopping"');
  expect(answer).toContain("what it changes may be stored or not");
  // As a disk may that answers at last.
  work.finish();
  while (api.controller.getPolicy("a") === undefined) await turn();
  await turn();
  expect(api.log).toEqual([]);
});

test("what arrives during the close is rejected; work that ends in time is answered with its outcome", async () => {
  const { api, work, creating } = await withCreation();
  const other = new Connection(api);
  other.send("GET /healthz");
  await other.receives('{"status":"ok"}');
  const closed = api.close();
  other.send("PUT /api/v1/policies/b", JSON.stringify(policy("b")));
  const [, rejected = ""] = (await other.closed()).split('{"status":"ok"}');
  expect(rejected).toMatch(/^HTTP\/1.1 503 /);
  expect(rejected).toMatch(/^connection: close\r$/m);
  expect(rejected).toContain("has changed nothing; send it again");
  work.finish();
  await closed;
  const answer = await creating.closed();
  expect(answer).toMatch(/^HTTP\/1.1 201 /);
  expect(answer).toMatch(/^connection: close\r$/m);
  expect(api.controller.getPolicy("b")).toBeUndefined();
});

test("half a body is answered at once, and nothing is written", async () => {
  const { api, creating, work } = await withCreation();
  const half = new Connection(api);
  const body = JSON.stringify(policy("half"));
  half.socket.write(
    `PUT /api/v1/policies/half HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  await once(api.server, "request");
  const closed = api.close();
  expect(await half.receives("has changed nothing")).toMatch(/^HTTP\/1.1 503 /);
  half.socket.write(body);
  work.finish();
  await closed;
  await creating.closed();
  expect(api.controller.getPolicy("half")).toBeUndefined();
  expect(api.log).toEqual([]);
});

test("many requests that wait for their turn are answered", async () => {
  const { api, work, creating } = await withCreation();
  const waiting = new Connection(api);
  const count = 50;
  for (let n = 0; n < count; n++) waiting.send("GET /api/v1/status");
  await waiting.receives("HTTP/1.1 200");
  const closed = api.close();
  const received = await waiting.closed();
  work.finish();
  await closed;
  await creating.closed();
  // After an answer that closes the connection none follows: the client sends those again.
  expect(received.match(/^connection: close\r$/gm)).toHaveLength(1);
  expect(received.trimEnd()).toMatch(/\}$/);
});
