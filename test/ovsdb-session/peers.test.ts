// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from "vitest";
import { BRIDGE, comment, type Json, PORT } from "../../src/ovsdb/index.ts";
import type { OvsdbPeers, OvsdbPeersOptions } from "../../src/ovsdb-session/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { waitFor } from "../lab/index.ts";
import { FakeClock } from "../openflow-session/fake-clock.ts";
import { propertyRuns, propertySeed } from "../properties.ts";
import { OvsdbLog, startPeers } from "./peers-under-test.ts";
import { ScriptedServer } from "./scripted-server.ts";

let log: OvsdbLog;
let peers: OvsdbPeers;
let port: number;
const servers: ScriptedServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) server.end();
  await peers.close("the test is over");
});

async function start(more: Partial<OvsdbPeersOptions> = {}): Promise<void> {
  log = new OvsdbLog();
  ({ peers, port } = await startPeers(log, more));
}

async function raw(): Promise<ScriptedServer> {
  const server = await ScriptedServer.connect(port);
  servers.push(server);
  return server;
}

/** A server whose copy is complete: bridge br0. */
async function up(): Promise<ScriptedServer> {
  const server = await ScriptedServer.up(port);
  servers.push(server);
  const before = log.up.length;
  await server.answer("monitor_cond_since", [false, NONE, bridge("br0")]);
  await waitFor(() => log.up.length > before);
  return server;
}

const NONE = "00000000-0000-0000-0000-000000000000";
const id = (number: number) => `6f2b1f5e-0000-4000-8000-${String(number).padStart(12, "0")}`;
const bridge = (name: string): Json => ({ Bridge: { [id(1)]: { initial: { name } } } });
const ended = (reason: string | RegExp) =>
  waitFor(() => log.reasons.some((each) => each.match(reason)), { what: String(reason) });

describe("following a database", () => {
  test.each([
    [[], "monitor_cond_since", [false, NONE, bridge("br0")], "update3"],
    [["monitor_cond_since"], "monitor_cond", bridge("br0"), "update2"],
    [
      ["monitor_cond_since", "monitor_cond"],
      "monitor",
      { Bridge: { [id(1)]: { new: { name: "br0" } } } },
      "update",
    ],
  ] as const)("a server that refuses %j is asked by %s", async (refuses, method, first, update) => {
    await start();
    const server = await ScriptedServer.up(port, { refuses });
    servers.push(server);
    await server.answer(method, first as unknown as Json);
    const session = await waitFor(() => log.up[0]);
    expect([...session.replica.rows(BRIDGE)].map(([, { name }]) => name)).toEqual(["br0"]);
    const change = { [update === "update" ? "new" : "modify"]: { name: "br9" } };
    const updates: Json = { Bridge: { [id(1)]: change } };
    const params: Json = update === "update3" ? ["x", id(9), updates] : ["x", updates];
    server.send({ id: null, method: update, params });
    await waitFor(() => log.lines.includes("changed"));
    expect(session.replica.row(BRIDGE, id(1))?.name).toBe("br9");
  });

  test("updates that follow the first reply in one write are applied behind it", async () => {
    await start();
    const server = await ScriptedServer.up(port);
    servers.push(server);
    const { id: request } = await server.next("monitor_cond_since");
    const renamed: Json = { Bridge: { [id(1)]: { modify: { name: "later" } } } };
    const reply = { id: request, result: [false, NONE, bridge("first")], error: null };
    const update = { id: null, method: "update3", params: ["x", id(9), renamed] };
    server.write(JSON.stringify(reply) + JSON.stringify(update));
    await waitFor(() => log.lines.length === 2);
    expect(log.lines).toEqual(["up", "changed"]);
    expect(log.up[0]?.replica.row(BRIDGE, id(1))?.name).toBe("later");
  });

  test("a session that ends while it loads is never up", async () => {
    await start();
    const server = await ScriptedServer.up(port);
    await server.next("monitor_cond_since");
    server.end();
    await ended("closed by the peer");
    expect(log.lines).toEqual([]);
  });

  test("echo requests are answered, other requests are refused", async () => {
    await start();
    const server = await up();
    server.send({ id: "e", method: "echo", params: [1, "x"] });
    server.send({ id: "o", method: "steal", params: [] });
    const answers = () => server.inbox.filter(({ id: to }) => to === "e" || to === "o");
    await waitFor(() => answers().length === 2);
    expect(answers()).toEqual([
      { id: "e", result: [1, "x"], error: null },
      { id: "o", result: null, error: { error: "unknown method" } },
    ]);
  });

  test("a silent peer is probed, and its session ends without an answer", async () => {
    const clock = new FakeClock();
    await start({ clock });
    const server = await up();
    clock.advance(5_000);
    await server.next("echo");
    clock.advance(10_000);
    await waitFor(() => log.lines.includes("down: nothing received for 15000 ms"));
  });

  test("a server that cancels the monitor is left", async () => {
    await start();
    const server = await up();
    server.send({ id: null, method: "monitor_canceled", params: ["x"] });
    await waitFor(() => log.lines.includes("down: the server has removed the database"));
  });
});

describe("bad peers end their own session and no other", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["speaks HTTP", "GET / HTTP/1.1\r\n\r\n", /malformed message: byte 0x47/],
    ["sends random bytes", Uint8Array.of(0x16, 3, 1, 0, 1), /malformed message: byte 0x16/],
    ["nests without end", `{"id":${"[".repeat(100)}`, /nests deeper/],
    ["sends what is no JSON-RPC", '{"x":1}', /neither a method nor an id/],
    ["has no such database", '{"id":1,"result":null,"error":{"error":"x"}}', /no database/],
    ["has another database", '{"id":1,"result":{"name":"x","tables":{}},"error":null}', /schema/],
  ])("one that %s", async (_, bytes, why) => {
    await start();
    const good = await up();
    const bad = await raw();
    bad.write(bytes);
    await ended(why);
    await waitFor(() => bad.isClosed);
    expect(good.isClosed).toBe(false);
    expect(log.lines).toEqual(["up"]);
  });

  test.each<[string, Json, RegExp]>([
    ["changes an unknown row", { Bridge: { [id(7)]: { modify: { name: "x" } } } }, /not known/],
    ["sends a wrong type", { Bridge: { [id(7)]: { insert: { name: 7 } } } }, /is expected/],
    ["names an unknown table", { Other: { [id(7)]: { insert: {} } } }, /not monitored/],
  ])("one that is up and %s", async (_, updates, why) => {
    await start();
    const good = await up();
    const bad = await up();
    bad.send({ id: null, method: "update3", params: ["x", id(9), updates] });
    await waitFor(() => log.lines.some((line) => line.startsWith("down") && why.test(line)));
    expect(good.isClosed).toBe(false);
    expect(log.lines.filter((line) => line.startsWith("down"))).toHaveLength(1);
  });

  test("one that sends without end", async () => {
    await start();
    const good = await up();
    const bad = await raw();
    bad.write('{"x":"');
    while (!bad.isClosed) if (!bad.write("x".repeat(65_536))) await bad.drained();
    await ended(/exceeds 524288 bytes/);
    expect(good.isClosed).toBe(false);
  });

  test("one that says nothing", async () => {
    const clock = new FakeClock();
    await start({ clock });
    const bad = await raw();
    await bad.next("get_schema");
    clock.advance(30_000);
    await ended("the database is not complete after 30000 ms");
    await waitFor(() => bad.isClosed);
  });

  test("one that asks and never reads", async () => {
    await start({ session: { writeLimitBytes: 100_000 } });
    const good = await up();
    const bad = await up();
    bad.stopReading();
    const asked = JSON.stringify({
      id: "x".repeat(1000),
      method: "echo",
      params: ["x".repeat(1000)],
    });
    while (!bad.isClosed && !log.lines.some((line) => line.startsWith("down"))) {
      if (!bad.write(asked.repeat(100)))
        await Promise.race([bad.drained(), ended(/do not read|not read/)]);
    }
    await waitFor(() => log.lines.some((line) => /100000 bytes wait/.test(line)));
    expect(good.isClosed).toBe(false);
  });

  test("the one that occupies most, when all together occupy too much", async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { maxMemoryBytes: 1_000_000 } });
    const good = await up();
    const large = await up();
    const rows = Array.from({ length: 3000 }, (_, number) => [
      id(number),
      { insert: { name: "p" } },
    ]);
    const updates: Json = { Port: Object.fromEntries(rows) };
    large.send({ id: null, method: "update3", params: ["x", id(9), updates] });
    await waitFor(() => [...(log.up[1]?.replica.rows(PORT) ?? [])].length === 3000);
    clock.advance(250);
    await waitFor(() =>
      log.lines.includes("down: all OVSDB peers occupy more than 1 MiB, and this one most"),
    );
    expect(good.isClosed).toBe(false);
  });

  test("more connections of one address than may be unfinished", async () => {
    await start({ limits: { maxUnfinished: 3 } });
    await up();
    await Promise.all(
      Array.from({ length: 3 }, raw).map(async (each) => (await each).next("get_schema")),
    );
    const last = await raw();
    await waitFor(() => last.isClosed);
    await ended(/3 connections from there/);
    expect(servers.filter(({ isClosed }) => isClosed)).toEqual([last]);
  });
});

test("damaged messages in every state of a session end that session at most", async () => {
  await start();
  const good = await up();
  const schema = (tables: Json): Json => ({ name: "Open_vSwitch", tables });
  const column = { columns: { name: { type: "string" } } };
  const replies: Json[] = [
    schema({ Open_vSwitch: { columns: {} }, Bridge: column, Port: column }),
    [{ rows: [{ _uuid: ["uuid", id(70)] }] }],
    [false, NONE, bridge("br7")],
  ];
  const update = { id: null, method: "update3", params: ["x", id(9), bridge("br8")] };
  const story = [
    ...replies.map((result, at) => ({ id: at + 1, result, error: null })),
    ...[update, { id: "e", method: "echo", params: [] }],
  ]
    .map((message) => JSON.stringify(message))
    .join("");
  const random = numbers(propertySeed);
  const damaged = (): Buffer => {
    const bytes = Buffer.from(story);
    const at = () => random() % bytes.length;
    switch (random() % 4) {
      case 0:
        bytes[at()] = random() % 256;
        return bytes;
      // A part is left out, or there twice.
      case 1:
        return Buffer.concat([bytes.subarray(0, at()), bytes.subarray(at())]);
      case 2:
        return bytes.subarray(0, at());
      // Structure in place of content.
      default:
        bytes.write('[]{},:"0'[random() % 8] ?? "", at());
        return bytes;
    }
  };
  for (let round = 0; round < propertyRuns(300); round += 50) {
    const bad = await Promise.all(Array.from({ length: 50 }, raw));
    for (const each of bad) each.write(damaged());
    for (const each of bad) each.finish();
    await waitFor(() => bad.every(({ isClosed }) => isClosed), {
      what: "the damaged sessions to end",
    });
  }
  expect(good.isClosed).toBe(false);
  good.send({ id: "alive", method: "echo", params: [] });
  await good.answered("alive");
  expect([...peers.sessions]).toEqual([log.up[0]]);
});

test("peers that connect again every moment are logged once a minute, and leave nothing", async () => {
  const infos: string[] = [];
  await start({ logger: { ...silentLogger, info: (_: object, text: string) => infos.push(text) } });
  for (let round = 0; round < 30; round++) {
    const server = await up();
    server.end();
    await waitFor(() => [...peers.sessions].length === 0);
  }
  expect(infos).toEqual(["OVSDB session established", "OVSDB session ended"]);
});

/** Pseudo-random 32-bit numbers. @see https://www.jstatsoft.org/article/view/v008i14 (xorshift) */
function numbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

test("a hundred peers at once, each in small pieces", async () => {
  await start();
  const connected = Array.from({ length: 100 }, async (_, number) => {
    const server = await ScriptedServer.up(port);
    servers.push(server);
    const { id: request } = await server.next("monitor_cond_since");
    const result: Json = [false, NONE, bridge(`br${number}`)];
    const text = JSON.stringify({ id: request, result, error: null });
    for (let at = 0; at < text.length; at += 7) server.write(text.slice(at, at + 7));
  });
  await Promise.all(connected);
  await waitFor(() => log.up.length === 100);
  const found = log.up.flatMap(({ replica }) =>
    [...replica.rows(BRIDGE)].map(([, { name }]) => name),
  );
  expect(found.sort()).toEqual(Array.from({ length: 100 }, (_, number) => `br${number}`).sort());
});

describe("transactions", () => {
  const operations = [comment("a test")];

  test("one without a reply has an unknown outcome; its late reply is ignored", async () => {
    const clock = new FakeClock();
    await start({ clock, session: { echoIntervalMs: 60_000 } });
    const server = await up();
    const outcome = log.up[0]?.transact(operations);
    clock.advance(10_000);
    expect(await outcome).toEqual({ type: "unknown", detail: "no reply has come in 10000 ms" });
    await server.answer("transact", [{}]);
    const next = log.up[0]?.transact(operations);
    await server.answer("transact", [{}]);
    expect(await next).toEqual({ type: "committed", results: [undefined] });
  });

  test("one more than may be without a reply is not sent, also when their time is over", async () => {
    const clock = new FakeClock();
    await start({ clock, session: { maxTransactions: 2, echoIntervalMs: 60_000 } });
    const server = await up();
    const outcomes = [1, 2].map(() => log.up[0]?.transact(operations));
    clock.advance(10_000);
    await Promise.all(outcomes);
    expect(await log.up[0]?.transact(operations)).toEqual({
      type: "unsent",
      detail: "2 transactions wait for replies of the database",
    });
    await server.answer("transact", [{}]);
    await server.answer("transact", [{}]);
    server.send({ id: "e", method: "echo", params: [] });
    await server.answered("e");
    const last = log.up[0]?.transact(operations);
    await server.answer("transact", [{}]);
    expect(await last).toMatchObject({ type: "committed" });
  });

  test("a malformed reply ends the session, and the outcome is unknown", async () => {
    await start();
    const server = await up();
    const outcome = log.up[0]?.transact(operations);
    await server.answer("transact", { not: "a list" });
    expect(await outcome).toEqual({ type: "unknown", detail: "the reply is malformed" });
    await waitFor(() => log.lines.some((line) => /malformed message: a transaction/.test(line)));
  });
});

describe("connecting", () => {
  test("a server that is not there is tried again, later and later", async () => {
    const clock = new FakeClock();
    await start({
      clock,
      addresses: [],
      targets: [{ transport: "tcp", host: "127.0.0.1", port: 1 }],
    });
    await waitFor(() => log.reasons.length === 1);
    expect(log.reasons).toEqual(["nothing listens there"]);
    // Half of the wait, as the random number is 0.
    for (const [attempt, waitMs] of [500, 1000, 2000].entries()) {
      clock.advance(waitMs - 1);
      expect(log.reasons).toHaveLength(attempt + 1);
      clock.advance(1);
      await waitFor(() => log.reasons.length === attempt + 2);
    }
  });
});
