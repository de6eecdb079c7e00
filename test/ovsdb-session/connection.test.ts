// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { OvsdbConnection } from "../../src/ovsdb-session/ovsdb-connection.ts";
import { DEFAULT_OVSDB_OPTIONS } from "../../src/ovsdb-session/session-options.ts";
import { receivingTurn } from "../../src/runtime/receiving-turn.ts";
import { FakeClock } from "../openflow-session/fake-clock.ts";

const ECHO = JSON.stringify({ id: 1, method: "echo", params: [] });

/** A connection, and the messages that it has handled, each in this many steps. */
function connection(steps = 1) {
  const stream = new PassThrough();
  const handled: string[] = [];
  const reasons: string[] = [];
  new OvsdbConnection(stream, DEFAULT_OVSDB_OPTIONS, new FakeClock(), {
    *message({ type }) {
      for (let n = 1; n < steps; n++) yield;
      handled.push(type);
    },
    closed: (reason) => reasons.push(reason),
  });
  return { stream, handled, reasons };
}

/** Uses up the time in which connections receive in this turn. */
async function busyTurn(): Promise<void> {
  await turn();
  const timer = receivingTurn("ordinary");
  while (!timer.shouldYield);
}

test("what is received in a turn that has time is handled at once", async () => {
  await turn();
  const { stream, handled } = connection();
  stream.emit("data", Buffer.from(ECHO));
  expect(handled).toEqual(["request"]);
});

test("a hundred connections for which a turn has no time share the next one", async () => {
  const connections = Array.from({ length: 100 }, () => connection());
  await busyTurn();
  for (const { stream } of connections) stream.emit("data", Buffer.from(ECHO));
  const total = () => connections.reduce((sum, { handled }) => sum + handled.length, 0);
  expect(total()).toBe(0);
  let turns = 0;
  while (total() < 100 && turns < 100) {
    await turn();
    turns++;
  }
  expect(total()).toBe(100);
  expect(turns).toBeLessThan(20);
});

test("a connection is not read while messages of it wait, nor handled after it has ended", async () => {
  const { stream, handled, reasons } = connection();
  await busyTurn();
  stream.emit("data", Buffer.from(ECHO.repeat(3)));
  expect(stream.isPaused()).toBe(true);
  while (handled.length < 3) await turn();
  expect(stream.isPaused()).toBe(false);
  await busyTurn();
  stream.emit("data", Buffer.from(ECHO));
  stream.emit("end");
  for (let turns = 0; turns < 5; turns++) await turn();
  expect([handled.length, reasons]).toEqual([3, ["closed by the peer"]]);
});

test("malformed data that is handled in a later turn ends the connection", async () => {
  const { stream, reasons } = connection();
  await busyTurn();
  stream.emit("data", Buffer.from("GET / HTTP/1.1"));
  await turn();
  await turn();
  expect(reasons).toEqual([expect.stringMatching(/^malformed message: /)]);
});
