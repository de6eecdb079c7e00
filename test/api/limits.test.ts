// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { EventLog } from "../../src/api/event-log.ts";
import { EventStreams } from "../../src/api/event-streams.ts";
import { type ApiServer, policy, startApi } from "./api-server.ts";

const POST = "POST /policies";

/** Waits for a condition; the test's time limit ends what never comes. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}

/** A connection that sends a request and reads nothing by itself. */
function open({ url }: ApiServer, ...lines: readonly string[]): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.write([...lines, "", ""].join("\r\n"));
  return socket;
}

const STREAM = ["GET /api/v1/events HTTP/1.1", "Host: 127.0.0.1"] as const;

async function gauge({ call }: ApiServer, name: string): Promise<number> {
  const { body } = await call("GET //metrics");
  return Number(new RegExp(`^openvtap_${name} (\\d+)$`, "m").exec(body)?.[1]);
}

test("a body that is too long is rejected with the limit and its setting", async () => {
  const { call } = await startApi({ limits: { bodyLimitBytes: 2000 } });
  const { status, body } = await call(POST, { text: `{"id":"${"a".repeat(2000)}"}` });
  expect([status, body.type]).toEqual([413, "urn:openvtap:problem:body-too-large"]);
  expect(body.detail).toBe(
    "the body is longer than 2000 bytes (bodyLimitBytes); send less at once, or raise the setting",
  );
});

test.each([
  ["members", `{${Array.from({ length: 101 }, () => '"a":1').join(",")}}`, "bodyMemberLimit"],
  ["list entries", `[${"1,".repeat(100)}1]`, "bodyMemberLimit"],
  ["depth of lists", "[".repeat(9), "bodyDepthLimit"],
  ["depth of objects", '{"a":'.repeat(9), "bodyDepthLimit"],
] as const)("a body with too many %s is rejected unread", async (_name, text, setting) => {
  const { call } = await startApi({ limits: { bodyMemberLimit: 100, bodyDepthLimit: 8 } });
  for (const request of [POST, "PATCH /policies/a", "POST /explain", "POST /taps:suspend"]) {
    const { status, body } = await call(request, { text });
    expect([status, body.type]).toEqual([422, "urn:openvtap:problem:body-too-complex"]);
    expect(body.detail).toContain(`(${setting})`);
    expect(body.detail).toContain(setting === "bodyDepthLimit" ? "8 levels" : "100 entries");
  }
});

test("many mistakes are counted, and the first hundred are listed", async () => {
  const { call } = await startApi();
  const keys = Object.fromEntries(Array.from({ length: 4900 }, (_, n) => [`k${n}`, 1]));
  const { status, body } = await call("POST /taps:suspend", { body: keys });
  expect([status, body.errors.length]).toEqual([422, 100]);
  expect(body.detail).toContain("errors lists the first 100 of 101");
  const duplicates = `{${Array.from({ length: 4900 }, () => '"a":1').join(",")}}`;
  const malformed = await call(POST, { text: duplicates });
  expect([malformed.status, malformed.body.errors.length]).toEqual([400, 100]);
  expect(malformed.body.detail).toContain("of 4899");
});

test("a long text is not repeated in whole", async () => {
  const { call } = await startApi();
  const { status, body } = await call("POST /taps:suspend", {
    body: { ["k".repeat(100_000)]: 1 },
  });
  expect(status).toBe(422);
  expect(JSON.stringify(body).length).toBeLessThan(5000);
});

test("event streams beyond the limit get 503; one that ends frees its place", async () => {
  const api = await startApi({ limits: { eventStreamLimit: 2 } });
  const sockets = [open(api, ...STREAM), open(api, ...STREAM)];
  await until(async () => (await gauge(api, "event_streams")) === 2);
  const { status, headers, body } = await api.call("GET /events");
  expect([status, body.type]).toEqual([503, "urn:openvtap:problem:too-many-open-requests"]);
  expect([headers.get("retry-after"), headers.get("connection")]).toEqual(["15", "close"]);
  expect(body.detail).toContain("2 event streams already (eventStreamLimit)");
  // One ends in order, the other is cut.
  sockets[0]?.end();
  sockets[1]?.resetAndDestroy();
  await until(async () => (await gauge(api, "event_streams")) === 0);
});

test("waiting requests beyond the limit get 503 before anything is written", async () => {
  const api = await startApi({ limits: { waitingRequestLimit: 1 } });
  const body = JSON.stringify(policy("a"));
  const waiting = open(
    api,
    "PUT /api/v1/policies/a?wait=60000 HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  );
  waiting.write(body);
  await until(() => api.controller.waiting === 1);
  const refused = await api.call("PUT /policies/b?wait=60000", { body: policy("b") });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(refused.body.detail).toContain("(waitingRequestLimit)");
  expect((await api.call("GET /policies/b")).status).toBe(404);
  expect((await api.call("PUT /policies/b", { body: policy("b") })).status).toBe(201);
  waiting.resetAndDestroy();
  await until(async () => (await gauge(api, "waiting_requests")) === 0);
  expect(api.controller.waiting).toBe(0);
});

test("requests of clients that are gone before their turn take no place", async () => {
  const api = await startApi();
  // A hundred in one segment: many of them are still waiting when the connection is reset.
  const text = [...STREAM, "", ""].join("\r\n");
  const sockets = Array.from({ length: 3 }, () => open(api, text.repeat(100).slice(0, -4)));
  await until(async () => (await gauge(api, "event_streams")) > 0);
  for (const socket of sockets) socket.resetAndDestroy();
  await until(async () => (await gauge(api, "event_streams")) === 0);
});

test("waiting requests behind others on their connection give back their places", async () => {
  const api = await startApi();
  const body = JSON.stringify(policy("a"));
  const request = [
    "PUT /api/v1/policies/a?wait=60000 HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
  const socket = open(api, request + request + request.slice(0, -body.length - 4));
  socket.write(body);
  await until(() => api.controller.waiting === 3);
  socket.resetAndDestroy();
  await until(async () => (await gauge(api, "waiting_requests")) === 0);
  expect(api.controller.waiting).toBe(0);
});

test("connections beyond the limit are closed", async () => {
  const api = await startApi({ limits: { httpConnectionLimit: 2 } });
  open(api, ...STREAM);
  open(api, ...STREAM);
  const third = open(api, ...STREAM);
  await new Promise((resolve) => third.once("close", resolve));
});

test("a client that does not read is disconnected once it is behind the log, and gets a gap", async () => {
  const api = await startApi();
  const stalled = open(api, ...STREAM);
  stalled.pause();
  await until(async () => (await gauge(api, "event_streams")) === 1);
  const { controller } = api;
  const description = "x".repeat(1_000_000);
  for (let n = 0; n < 60; n++) {
    controller.emit(deleted("a", description));
    await turn();
    await turn();
  }
  await until(async () => (await gauge(api, "event_streams")) === 0);
  expect(await readFrame(api, "0-1")).toContain("event: gap");
});

test("a client that reads nothing between two heartbeats is disconnected", async () => {
  const log = new EventLog("e", { events: 10, characters: 1000 });
  const streams = new EventStreams(log, 10);
  onTestFinished(() => streams.close());
  const response = fakeResponse();
  streams.open({ response: response as never, isAllowed: () => true });
  log.add(deleted("a", ""), new Date(0));
  await until(() => response.destroyed);
  expect(response.written.filter((text) => text.includes("policyDeleted"))).toHaveLength(1);
});

test("all streams get every event, once and in order", async () => {
  const log = new EventLog("e", { events: 10_000, characters: 100_000_000 });
  const streams = new EventStreams(log);
  onTestFinished(() => streams.close());
  const responses = Array.from({ length: 20 }, () => fakeResponse());
  responses.forEach((response, index) => {
    response.accepts = index % 2 === 0;
    streams.open({ response: response as never, isAllowed: () => true });
  });
  const description = "x".repeat(1000);
  for (let n = 0; n < 500; n++) {
    log.add(deleted(`p${n}`, description), new Date(0));
    if (n % 50 === 0) await turn();
  }
  const ids = Array.from({ length: 500 }, (_, n) => `id: e-${n + 1}`);
  for (const response of responses) {
    await until(() => {
      response.drain();
      return response.written.join("").includes("id: e-500\n");
    });
    expect(response.written.join("").match(/^id: .*(?=\nevent)/gm)).toEqual(ids);
  }
});

/** The part of a response that a stream uses; with `accepts: false` every write fills its buffer. */
function fakeResponse() {
  let onDrain: () => void = () => undefined;
  return {
    accepts: false,
    destroyed: false,
    written: [] as string[],
    write(text: string | Uint8Array): boolean {
      this.written.push(String(text));
      return this.accepts;
    },
    on(_event: "drain", listener: () => void) {
      onDrain = listener;
    },
    drain: () => onDrain(),
    destroy() {
      this.destroyed = true;
    },
    end: () => undefined,
  };
}

/** The first frame with an event of a new stream. */
async function readFrame({ url }: ApiServer, lastEventId: string): Promise<string> {
  const ended = new AbortController();
  const response = await fetch(`${url}/api/v1/events`, {
    headers: { "last-event-id": lastEventId },
    signal: ended.signal,
  });
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("event: ")) break;
  }
  ended.abort();
  return text;
}

function deleted(id: string, description: string) {
  const at = "2026-01-01T00:00:00.000Z";
  const written = { origin: { kind: "api" as const }, revision: 1, createdAt: at, updatedAt: at };
  return { type: "policyDeleted" as const, id, old: { id, description, ...written } };
}

test.each([
  [99, 99],
  [100, 100],
  [400, 100],
])("of %i pipelined requests %i are answered, in order", async (count, answered) => {
  const api = await startApi();
  const requests = Array.from({ length: count }, (_, n) =>
    ["GET /api/v1/policies/", n, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"].join(""),
  );
  const socket = open(api, requests.join("").slice(0, -4));
  let answers = "";
  const numbers = () =>
    [...answers.matchAll(/there is no policy \\"(\d+)\\"/g)].map(([, n]) => Number(n));
  for await (const chunk of socket) {
    answers += String(chunk);
    // Otherwise the server ends the connection.
    if (numbers().length === count && answered < 100) break;
  }
  expect(numbers()).toEqual(Array.from({ length: answered }, (_, n) => n));
  expect(answers.match(/connection: close/gi) ?? []).toHaveLength(answered < 100 ? 0 : 1);
});

test("requests that are sent ahead a few at a time go on for ever", async () => {
  const api = await startApi();
  const socket = open(api, "");
  const batch = "GET /api/v1/policies HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(50);
  let answers = 0;
  socket.write(batch);
  for await (const chunk of socket) {
    answers += String(chunk).split("HTTP/1.1 200").length - 1;
    if (answers >= 500) break;
    if (answers % 50 === 0) socket.write(batch);
  }
  expect(answers).toBe(500);
});
