// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { EventLog } from "../../src/api/event-log.ts";
import type { ControllerEvent } from "../../src/contract/events.ts";
import { policy, startApi } from "./api-server.ts";
import { openStream } from "./event-reader.ts";

test("events come as they happen, with their type, id and time", async () => {
  const api = await startApi();
  const { response, next } = await openStream(api);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  await api.call("PUT /policies/a", { body: policy("a") });
  await api.call("DELETE /policies/a");
  const created = await next();
  expect(created?.event).toBe("policyCreated");
  expect(created?.data).toMatchObject({ type: "policyCreated", id: "a", revision: 1 });
  expect(created?.data.time).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect((await next())?.event).toBe("policyDeleted");
});

test("HEAD gets the headers and ends", async () => {
  const { url, call } = await startApi();
  const answer = await call("HEAD /events");
  expect([answer.status, answer.body]).toEqual([200, ""]);
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  // Twice over one connection, which stays usable.
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const head = "HEAD /api/v1/events HTTP/1.1\r\nHost: localhost\r\n";
  socket.end(`${head}\r\n${head}Connection: close\r\n\r\n`);
  expect((await text(socket)).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
});

test("a client that reconnects gets the events it missed", async () => {
  const api = await startApi();
  const first = await openStream(api);
  await api.call("PUT /policies/a", { body: policy("a") });
  const seen = await first.next();
  await api.call("PUT /policies/b", { body: policy("b") });
  const second = await openStream(api, { lastEventId: seen?.id });
  expect((await second.next())?.data.id).toBe("b");
});

test("a client that loses its connection before the first event misses none", async () => {
  const api = await startApi();
  await api.call("PUT /policies/a", { body: policy("a") });
  const first = await fetch(`${api.url}/api/v1/events`);
  let received = "";
  for await (const chunk of first.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    received += chunk;
    if (/^id: .+\n/m.test(received)) break;
  }
  const id = /^id: (.+)$/m.exec(received)?.[1];
  await api.call("PUT /policies/b", { body: policy("b") });
  const second = await openStream(api, { lastEventId: id });
  expect((await second.next())?.data.id).toBe("b");
});

test("a client whose events are no longer kept gets a gap event", async () => {
  const api = await startApi();
  await api.call("PUT /policies/a", { body: policy("a") });
  const { next } = await openStream(api, { lastEventId: "otherprocess-5" });
  expect((await next())?.event).toBe("gap");
  await api.call("PUT /policies/b", { body: policy("b") });
  expect((await next())?.data.id).toBe("b");
});

test("closing the API ends the stream", async () => {
  const api = await startApi();
  const { next } = await openStream(api);
  await api.close();
  expect(await next()).toBeUndefined();
});

test("the log keeps the last events, and knows which ids are no longer kept", () => {
  const log = new EventLog("e", { events: 2, characters: 1000 });
  for (const id of ["a", "b", "c"]) log.add(statusOf(id), new Date(0));
  expect(log.after("e-1")).toBe(2);
  expect(log.after("e-3")).toBe(log.nextSequence);
  for (const unknown of ["e-0", "e-4", "x-3", "e", "", "e-x"]) {
    expect([unknown, log.after(unknown)]).toEqual([unknown, undefined]);
  }
});

test("the log keeps fewer events when the policies in them are long, but always the last", () => {
  const log = new EventLog("e", { events: 100, characters: 1000 });
  log.add(deleted("a", "x".repeat(600)), new Date(0));
  log.add(statusOf("a"), new Date(0));
  expect(log.firstSequence).toBe(1);
  log.add(deleted("b", "x".repeat(600)), new Date(0));
  expect([log.firstSequence, log.after("e-0")]).toEqual([2, undefined]);
  log.add(deleted("c", "x".repeat(2000)), new Date(0));
  expect([log.firstSequence, log.after("e-3")]).toEqual([4, 4]);
});

test("frames are read in batches: at least one, none beyond the length", () => {
  const log = new EventLog("e", { events: 100, characters: 100_000 });
  for (const id of ["a", "b", "c"]) log.add(statusOf(id), new Date(0));
  const first = log.framesFrom(1, 1);
  expect([first.next, first.text.match(/^id: .*$/gm)]).toEqual([2, ["id: e-1"]]);
  const rest = log.framesFrom(2, 10_000);
  expect([rest.next, rest.text.match(/^id: .*$/gm)]).toEqual([4, ["id: e-2", "id: e-3"]]);
});

function statusOf(id: string): ControllerEvent {
  return { type: "policyStatus", id, new: { state: "active", reasons: [] } };
}

function deleted(id: string, description: string): ControllerEvent {
  const at = "2026-01-01T00:00:00.000Z";
  const written = { origin: { kind: "api" as const }, revision: 1, createdAt: at, updatedAt: at };
  return { type: "policyDeleted", id, old: { id, description, ...written } };
}
