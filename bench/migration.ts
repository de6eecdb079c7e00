// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { INTERFACE, mutate, SWITCH_DATABASE } from "../src/ovsdb/index.ts";
import { OvsdbPeers, type OvsdbSession } from "../src/ovsdb-session/index.ts";
import { ethernet, frameFields, rarp } from "../src/packet/index.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { gratuitousArp, tcp } from "../test/e2e/frames.ts";
import { Scenario } from "../test/e2e/scenario.ts";
import { percentile, table } from "./report.ts";

/** More moves in a short time would be flapping. */
const MOVES_AT_ONCE = 4;
const REST_MS = 11_000;

/** Times from a monitor's RARP at its new place until its old port is deleted. */
const DELETED_AFTER_MS = [0, 100, 1000, 5000, 10_000];
/** A second VM, whose interface its database names, by its two cables. */
const NAMED = ["h10", "h11"] as const;
const SETTLED_MS = 500;
const IFACE_ID = "3f1c7a52-7c0e-4c55-9d5e-0a4c2b8c1e11";
/** The monitor's cables, one more than it has moves. */
const CABLES = ["h3", "h5", "h6", "h7", "h8", "h9"];

/**
 * A VM moves between two switches of a ring of six; only its hypervisor's RARP announces the move. Time
 * from that frame until copies of the VM's frames reach the monitor again, by injecting frames one after
 * another. Then the monitor moves, once for each delay between its RARP and the deletion of its old port: time
 * from the deletion, `ovs-vsctl` included, to the first copy at the new place. Before the monitor moves a second VM does, by the
 * `iface-id` of its interface alone: time from the transaction that writes the row, over a connection that is there,
 * until copies of its frames reach the monitor.
 *
 * Argument: rounds of four moves of each VM (1).
 */
export async function run(args: string[]): Promise<void> {
  const names = Array.from({ length: 6 }, (_, index) => `s${index + 1}`);
  const scenario = await Scenario.start({
    switches: names,
    links: names.map((name, index) => [name, 10, names[(index + 1) % 6] ?? "s1", 11] as const),
    hosts: [
      [1, "s1", 1],
      [2, "s3", 1],
      [3, "s5", 1],
      // The cable at s4 that the VM may move to.
      [4, "s4", 1],
      // The cables that the monitor may move to.
      [5, "s2", 2],
      [6, "s4", 2],
      [7, "s6", 2],
      [8, "s1", 2],
      [9, "s3", 2],
      // The cables of the VM that moves by its interface.
      [10, "s1", 4],
      [11, "s4", 4],
    ],
    unnamed: ["h1", "h2", "h4", ...CABLES, ...NAMED],
    config: { ovsdb: "127.0.0.1:0", ovsdbHosts: true },
  });
  try {
    const port = scenario.vtap.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
    await scenario.lab.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
    const [times, byRow]: [number[], number[]] = [[], []];
    const database = await DatabaseWriter.connect(join(scenario.lab.directory, "db.sock"));
    for (let round = 0; round < Number(args[0] ?? 1); round++) {
      if (round > 0) await wait(REST_MS);
      times.push(...(await moves(scenario, round === 0)));
      byRow.push(...(await movesByRow(scenario, database)));
    }
    await database.close();
    const gaps = await monitorMoves(scenario);
    table(
      [
        ["moves", times.length],
        ["from RARP to the first copy, median (milliseconds)", percentile(times, 50)],
        ["from RARP to the first copy, longest (milliseconds)", percentile(times, 100)],
        [
          "from the row of the interface to the first copy, median (milliseconds)",
          percentile(byRow, 50),
        ],
        [
          "from the row of the interface to the first copy, longest (milliseconds)",
          percentile(byRow, 100),
        ],
        ["moves of the monitor, its port deleted 0 to 10 s after the RARP", gaps.length],
        ["from the deletion to the first copy, median (milliseconds)", percentile(gaps, 50)],
        ["from the deletion to the first copy, longest (milliseconds)", percentile(gaps, 100)],
      ],
      1,
    );
  } finally {
    await scenario.stop();
  }
}

/** The monitor moves from one of its cables to the next; the old port is deleted a while after the RARP. */
async function monitorMoves(scenario: Scenario): Promise<number[]> {
  const { lab, vtap } = scenario;
  const [vm, server, monitor] = [scenario.host("h1"), scenario.host("h2"), scenario.host("h3")];
  const announced = ethernet({ dst: "ff:ff:ff:ff:ff:ff", src: monitor.mac }, rarp(monitor.mac));
  const gaps: number[] = [];
  for (const [index, deletedAfterMs] of DELETED_AFTER_MS.entries()) {
    const [from, to] = [scenario.host(CABLES[index] ?? ""), scenario.host(CABLES[index + 1] ?? "")];
    await lab.inject(to.name, [announced]);
    await wait(deletedAfterMs);
    lab.clear();
    const at = performance.now();
    await lab.removePort(from.switch, from.name);
    for (let n = 0; !lab.frames(to.name).some(isTcp); n++) {
      await lab.inject("h1", [tcp(vm, server, { src: 1024 + n, dst: 80 })]);
    }
    gaps.push(performance.now() - at);
    await vtap.synced(...scenario.switchNames);
  }
  return gaps;
}

/** The second VM moves between its cables; its interface there gets its identity before the old one loses it. */
async function movesByRow(scenario: Scenario, database: DatabaseWriter): Promise<number[]> {
  const { lab, vtap } = scenario;
  const [vm, server, monitor] = [scenario.host("h10"), scenario.host("h2"), scenario.host("h3")];
  const identity = new Map([
    ["iface-id", IFACE_ID],
    ["attached-mac", vm.mac],
  ]);
  const appear = (name: string) => database.identify(name, identity);
  const vanish = (name: string) =>
    lab.vsctl("remove", "interface", name, "external_ids", "iface-id", "attached-mac");
  await appear(NAMED[0]);
  await vtap.request("PUT", "/policies/by-row", {
    ...{ sender: { host: IFACE_ID }, receiver: { mac: server.mac } },
    monitors: [{ mac: monitor.mac }],
  });
  await vtap.policyIs("by-row", "active");
  await vtap.synced(...scenario.switchNames);
  const times: number[] = [];
  for (let move = 0; move < MOVES_AT_ONCE; move++) {
    const [to = "", from = ""] = move % 2 === 0 ? [NAMED[1], NAMED[0]] : NAMED;
    lab.clear();
    const at = performance.now();
    await appear(to);
    for (let n = 0; !lab.frames("h3").some(isTcp); n++) {
      await lab.inject(to, [tcp(vm, server, { src: 1024 + n, dst: 80 })]);
    }
    times.push(performance.now() - at);
    await vanish(from);
    // Until what follows the move has ended: it would delay the next one.
    await wait(SETTLED_MS);
    await vtap.synced(...scenario.switchNames);
  }
  await vanish(NAMED[0]);
  await vtap.request("DELETE", "/policies/by-row");
  await vtap.synced(...scenario.switchNames);
  return times;
}

/** A session that writes rows: a program of its own would take most of the time that is measured. */
class DatabaseWriter {
  readonly #peers: OvsdbPeers;
  readonly #session: OvsdbSession;

  private constructor(peers: OvsdbPeers, session: OvsdbSession) {
    this.#peers = peers;
    this.#session = session;
  }

  static connect(path: string): Promise<DatabaseWriter> {
    return new Promise((resolve) => {
      const nothing = () => undefined;
      const peers = new OvsdbPeers({
        ...{ addresses: [], targets: [{ transport: "unix", path }], database: SWITCH_DATABASE },
        events: {
          ...{ changed: nothing, down: nothing },
          up: (session) => resolve(new DatabaseWriter(peers, session)),
        },
        logger: silentLogger,
      });
      void peers.start();
    });
  }

  /** Adds keys to `external_ids` of an interface; resolves when the row has them. */
  async identify(name: string, ids: ReadonlyMap<string, string>): Promise<void> {
    const { type } = await this.#session.transact([
      mutate(INTERFACE, { equal: { name } }, { externalIds: { insert: ids } }),
    ]);
    if (type !== "committed") throw new Error(`the row of ${name} is not written: ${type}`);
  }

  close(): Promise<void> {
    return this.#peers.close("measured");
  }
}

function isTcp(frame: Uint8Array): boolean {
  return frameFields(frame)?.ipProto === 6;
}

async function moves(scenario: Scenario, isFirst: boolean): Promise<number[]> {
  const { lab } = scenario;
  const [vm, server, monitor] = [scenario.host("h1"), scenario.host("h2"), scenario.host("h3")];
  const broadcast = "ff:ff:ff:ff:ff:ff";
  if (isFirst) {
    for (const each of [vm, server, monitor]) await lab.inject(each.name, [gratuitousArp(each)]);
    const monitors = [{ mac: monitor.mac }];
    await scenario.createPolicy({
      sender: { mac: vm.mac },
      receiver: { mac: server.mac },
      monitors,
    });
  }
  const times: number[] = [];
  for (let move = 0; move < MOVES_AT_ONCE; move++) {
    const to = move % 2 === 0 ? "h4" : "h1";
    lab.clear();
    const at = performance.now();
    await lab.inject(to, [ethernet({ dst: broadcast, src: vm.mac }, rarp(vm.mac))]);
    const before = lab.frames("h3").length;
    for (let n = 0; lab.frames("h3").length === before; n++) {
      await lab.inject(to, [tcp(vm, server, { src: 1024 + n, dst: 80 })]);
    }
    times.push(performance.now() - at);
    await scenario.vtap.synced(...scenario.switchNames);
  }
  return times;
}
