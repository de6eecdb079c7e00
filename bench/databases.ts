// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ScriptedServer } from "../test/ovsdb-session/scripted-server.ts";
import { HealthPoll } from "./blocking/health-poll.ts";
import { NONE, ports } from "./blocking/kinds/databases.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";
import { memoryOf } from "./load/memory.ts";
import { Tally } from "./load/tally.ts";

const [GOOD, RETURNING, LYING, STALLING, ENDLESS] = [100, 20, 10, 10, 5];
const PORTS = 50;
const SECOND = 1000;
/** What a process allocates once is not a leak. */
const WARM_UP_MS = 20_000;
/** The heap is read as often in this time before a report; the least value is about what a collection leaves. */
const [WINDOW_MS, SAMPLE_MS] = [10_000, 250];

/**
 * The built `vtap serve` with 100 databases that change each second, beside 20 peers that connect again each
 * second, 10 that send updates of rows that are not there, 10 that say nothing, and 5 that send a string without end.
 * Prints memory after a warm-up, at each third of the time, and `/healthz`.
 *
 * Argument: minutes (3).
 */
export async function run(args: string[]): Promise<void> {
  const minutes = Number(args[0] ?? 3);
  const directory = await mkdtemp(join(tmpdir(), "openvtap-databases-"));
  await writeFile(join(directory, "topology.json"), JSON.stringify({ switches: [] }));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies: [] }));
  const port = await freePort();
  const flags = ["--ovsdb", `127.0.0.1:${port}`];
  const vtap = await BuiltVtap.start(directory, await freePort(), flags);
  const poll = new HealthPoll(vtap.url, vtap.pid ?? 0);
  const load = new Load(port);
  try {
    load.start();
    await delay(WARM_UP_MS);
    await poll.take();
    await report("after the warm-up", vtap.url);
    for (const third of [1, 2, 3]) {
      await delay((minutes * 60_000) / 3 - WINDOW_MS);
      await report(`after ${((minutes * third) / 3).toFixed(1)} minutes`, vtap.url);
    }
    const { longestMs, longestCpuMs, p99Ms } = await poll.take();
    console.log(
      `/healthz: longest ${longestMs.toFixed(1)} ms (${longestCpuMs.toFixed(1)} ms of the server's processor time), p99 ${p99Ms} ms`,
    );
    console.log(`peers: ${load.tally}`);
  } finally {
    load.stop();
    poll.stop();
    await vtap.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function report(when: string, url: string): Promise<void> {
  let [heap, rss] = [Number.POSITIVE_INFINITY, 0];
  for (let passed = 0; passed < WINDOW_MS; passed += SAMPLE_MS) {
    const memory = await memoryOf(url);
    heap = Math.min(heap, memory.heap);
    rss = memory.rss;
    await delay(SAMPLE_MS);
  }
  console.log(`${when}: ${rss.toFixed(1)} MiB resident, heap at least ${heap.toFixed(1)} MiB`);
}

/** All peers, until they are stopped. */
class Load {
  readonly #port: number;
  readonly tally = new Tally();
  #isOver = false;

  constructor(port: number) {
    this.#port = port;
  }

  start(): void {
    const many = (count: number, peer: (n: number) => Promise<void>) => {
      for (let n = 0; n < count; n++) void this.#repeat(() => peer(n));
    };
    many(GOOD, (n) => this.#changing(n));
    many(RETURNING, (n) => this.#returning(n));
    many(LYING, (n) => this.#lying(n));
    many(STALLING, () => this.#stalling());
    many(ENDLESS, () => this.#endless());
  }

  stop(): void {
    this.#isOver = true;
  }

  async #repeat(peer: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await peer().catch(() => this.tally.add("failed"));
      await delay(SECOND);
    }
  }

  /** A database that is followed; it has a bridge of its own. */
  async #up(n: number): Promise<ScriptedServer> {
    const server = await ScriptedServer.up(this.#port);
    await server.answer("monitor_cond_since", [false, NONE, ports(PORTS, n + 1)]);
    return server;
  }

  async #changing(n: number): Promise<void> {
    const server = await this.#up(n);
    this.tally.add("followed");
    for (let change = 0; !this.#isOver && !server.isClosed; change++) {
      server.send(update({ Port: { [ROW]: { modify: { name: `p${change}` } } } }));
      server.answerEchoes();
      await delay(SECOND);
    }
    server.end();
  }

  async #returning(n: number): Promise<void> {
    const server = await this.#up(n);
    server.end();
    this.tally.add("returned");
  }

  async #lying(n: number): Promise<void> {
    const server = await this.#up(n);
    server.send(update({ Port: { [NONE]: { modify: { name: "x" } } } }));
    await this.#closed(server);
    this.tally.add("lied");
  }

  async #stalling(): Promise<void> {
    const server = await ScriptedServer.connect(this.#port);
    await this.#closed(server);
    this.tally.add("stalled");
  }

  async #endless(): Promise<void> {
    const server = await ScriptedServer.connect(this.#port);
    server.write('{"a":"');
    while (!server.isClosed) if (!server.write(CHUNK)) await server.drained();
    this.tally.add("sent without end");
  }

  async #closed(server: ScriptedServer): Promise<void> {
    while (!server.isClosed && !this.#isOver) await delay(100);
    server.end();
  }
}

const CHUNK = "x".repeat(65_536);
/** A row of `ports`. */
const ROW = "6f2b1f5e-0000-4000-8000-000000000007";

const update = (updates: object) =>
  JSON.parse(JSON.stringify({ id: null, method: "update3", params: ["x", ROW, updates] }));
