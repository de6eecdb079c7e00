// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  abort,
  BRIDGE,
  comment,
  deleteRows,
  INTERFACE_STATISTICS,
  insert,
  insertedRow,
  MIRROR,
  mutate,
  OPEN_VSWITCH,
  PORT,
  update,
  wait,
} from "../../src/ovsdb/index.ts";
import { type OvsdbPeers, type OvsdbSession, takeOver } from "../../src/ovsdb-session/index.ts";
import type { OvsdbSessionOptions } from "../../src/ovsdb-session/session-options.ts";
import { requireOpenVSwitch } from "../lab/daemons.ts";
import { DatabaseServer } from "../lab/database-server.ts";
import { waitFor } from "../lab/index.ts";
import { OvsdbLog, startPeers } from "./peers-under-test.ts";

let server: DatabaseServer;
let peers: OvsdbPeers;
let log: OvsdbLog;

afterEach(async () => {
  await peers.close("the test is over");
  await server.stop();
});

/** A server with the bridge br0, and a session with it. */
async function connected(
  options: Parameters<typeof DatabaseServer.start>[0] = {},
  times: Partial<OvsdbSessionOptions> = {},
) {
  server = await DatabaseServer.start(options);
  await server.vsctl("add-br", "br0");
  log = new OvsdbLog();
  ({ peers } = await startPeers(log, {
    targets: [{ transport: "unix", path: server.socket }],
    session: { echoIntervalMs: 200, ...times },
  }));
  return upAgain(0);
}

/** The session that follows this number of earlier ones. */
const upAgain = (earlier: number): Promise<OvsdbSession> =>
  waitFor(() => log.up[earlier], { what: "a session" });

const names = ({ replica }: OvsdbSession, table: typeof BRIDGE | typeof PORT): string[] =>
  [...replica.rows(table)].map(([, { name }]) => name).sort();

describe("a real ovsdb-server", () => {
  test("its rows are there, and follow each transaction", async () => {
    const session = await connected();
    expect(names(session, BRIDGE)).toEqual(["br0"]);
    await server.vsctl("add-port", "br0", "p1", "--", "add-port", "br0", "p2");
    await waitFor(() => names(session, PORT).join() === "br0,p1,p2");
    const [, bridge] = [...session.replica.rows(BRIDGE)][0] ?? [];
    expect(bridge?.ports.size).toBe(3);
    await server.vsctl("del-port", "p1", "--", "set", "bridge", "br0", "fail_mode=secure");
    await waitFor(() => names(session, PORT).join() === "br0,p2");
    expect([...session.replica.rows(BRIDGE)][0]?.[1].failMode).toBe("secure");
    await server.vsctl("set", "open", ".", "other_config:vlan-limit=2", "other_config:x=y");
    await server.vsctl("remove", "open", ".", "other_config", "x");
    await server.vsctl("set", "open", ".", "other_config:vlan-limit=0");
    const settings = () => [...session.replica.rows(OPEN_VSWITCH)][0]?.[1].otherConfig;
    await waitFor(() => settings()?.get("vlan-limit") === "0");
    expect([...(settings() ?? [])]).toEqual([["vlan-limit", "0"]]);
  });

  test("counters of interfaces are read when they are asked for", async () => {
    const session = await connected();
    await server.vsctl(
      "set",
      "interface",
      "br0",
      "statistics={rx_dropped=3,tx_packets=1099511627776}",
    );
    const rows = await session.select(INTERFACE_STATISTICS);
    expect(
      [...(rows?.values() ?? [])].map(({ statistics }) => Object.fromEntries(statistics)),
    ).toEqual([{ rx_dropped: 3, tx_packets: 2 ** 40 }]);
  });

  test("a killed server is connected to again, with the rows that it then has", async () => {
    await connected();
    await server.kill();
    await waitFor(() => log.lines.includes("down: closed by the peer"));
    await server.restart();
    const session = await upAgain(1);
    expect(names(session, BRIDGE)).toEqual(["br0"]);
    await server.vsctl("add-br", "br1");
    await waitFor(() => names(session, BRIDGE).join() === "br0,br1");
  });

  test("a database that is compacted stays followed", async () => {
    const session = await connected();
    await server.compact();
    await server.vsctl("add-br", "br1");
    await waitFor(() => names(session, BRIDGE).join() === "br0,br1");
    expect(log.up).toHaveLength(1);
  });

  test("a database of a cluster is continued from its last transaction", async () => {
    const session = await connected({ clustered: true });
    await waitFor(() => session.retained !== undefined);
    await server.vsctl("add-br", "br1");
    await waitFor(() => names(session, BRIDGE).join() === "br0,br1");
    const { replica } = session;
    await server.kill();
    await waitFor(() => log.lines.some((line) => line.startsWith("down")));
    await server.restart();
    const again = await upAgain(1);
    // The same copy, not a new one.
    expect(again.replica).toBe(replica);
    await server.vsctl("del-br", "br0");
    await waitFor(() => names(again, BRIDGE).join() === "br1");
  });

  test("a schema of another version: what is not there is empty", async () => {
    const schema = JSON.parse(await readFile(requireOpenVSwitch(), "utf8"));
    schema.version = "7.0.0";
    delete schema.tables.Bridge.columns.fail_mode;
    delete schema.tables.Mirror.columns.snaplen;
    schema.tables.Bridge.columns.later = { type: "string" };
    const original = await DatabaseServer.start();
    const path = join(original.directory, "other.ovsschema");
    await writeFile(path, JSON.stringify(schema));
    const session = await connected({ schema: path });
    await original.stop();
    expect(names(session, BRIDGE)).toEqual(["br0"]);
    expect([...session.replica.rows(BRIDGE)][0]?.[1].failMode).toBeUndefined();
  });

  test("a database that is converted to a newer schema while it is followed is followed on", async () => {
    const session = await connected();
    const schema = JSON.parse(await readFile(requireOpenVSwitch(), "utf8"));
    schema.version = "99.1.0";
    delete schema.tables.Bridge.columns.datapath_version;
    delete schema.tables.Mirror.columns.select_vlan;
    schema.tables.Bridge.columns.later = { type: "string" };
    schema.tables.Later = { columns: { name: { type: "string" } } };
    await server.convert(schema);
    await waitFor(() => log.lines.some((line) => line.startsWith("down")));
    expect(session.isOpen).toBe(false);
    const again = await upAgain(1);
    expect(
      [...again.replica.rows(BRIDGE)].map(([, row]) => [row.name, row.datapathVersion]),
    ).toEqual([["br0", ""]]);
    await server.vsctl("add-br", "br1");
    await waitFor(() => names(again, BRIDGE).join() === "br0,br1");
  });

  test("a silent session stays: the server answers echo requests", async () => {
    const session = await connected({}, { echoTimeoutMs: 1000 });
    const { lastReceived } = session;
    await waitFor(() => session.lastReceived > lastReceived + 1200);
    expect(session.isOpen).toBe(true);
  });

  test("a silent session stays: echo requests of the server are answered", async () => {
    server = await DatabaseServer.start();
    log = new OvsdbLog();
    let port: number;
    ({ peers, port } = await startPeers(log, { session: { echoIntervalMs: 60_000 } }));
    // A server that gets no answer ends the session after another second.
    const target = `target="tcp:127.0.0.1:${port}"`;
    await server.vsctl(
      ...["--id=@m", "create", "manager", target, "inactivity_probe=1000"],
      ...["--", "set", "open", ".", "manager_options=@m"],
    );
    const session = await upAgain(0);
    const { lastReceived } = session;
    await waitFor(() => session.lastReceived > lastReceived + 2500);
    expect(session.isOpen).toBe(true);
    expect(log.up).toHaveLength(1);
  });
});

describe("writing to a real ovsdb-server", () => {
  const br0 = { equal: { name: "br0" } } as const;
  const mirrorNames = ({ replica }: OvsdbSession) =>
    [...replica.rows(MIRROR)].map(([, { name }]) => name).sort();
  /** A mirror of br0 under a name. */
  const addMirror = (name: string) =>
    [
      insert(MIRROR, { name, selectAll: true, externalIds: new Map([["a", "b"]]) }, "added"),
      mutate(BRIDGE, br0, { mirrors: { insert: new Set([insertedRow("added")]) } }),
    ] as const;

  test("rows are inserted, changed and deleted, and the results say so", async () => {
    const session = await connected();
    const added = await session.transact([...addMirror("m1"), comment("a test")]);
    if (added.type !== "committed") throw new Error(JSON.stringify(added));
    const [uuid, count] = added.results;
    expect(count).toBe(1);
    // The update comes before the reply.
    expect(session.replica.row(MIRROR, uuid)).toMatchObject({ name: "m1", selectAll: true });
    expect([...session.replica.rows(BRIDGE)][0]?.[1].mirrors).toEqual(new Set([uuid]));
    const changed = await session.transact([
      update(MIRROR, { uuid }, { name: "m2", vlans: new Set([7, 8]) }),
      mutate(
        MIRROR,
        { equal: { name: "m2" } },
        {
          vlans: { delete: new Set([7]), insert: new Set([9]) },
          externalIds: { delete: new Set(["a"]), insert: new Map([["c", "d"]]) },
        },
      ),
    ]);
    expect(changed).toEqual({ type: "committed", results: [1, 1] });
    const row = session.replica.row(MIRROR, uuid);
    expect([...(row?.vlans ?? [])].sort()).toEqual([8, 9]);
    expect(row?.externalIds).toEqual(new Map([["c", "d"]]));
    const mirrors = { delete: new Set([uuid]) };
    const gone = await session.transact([mutate(BRIDGE, { uuid: bridgeId(session) }, { mirrors })]);
    expect(gone).toEqual({ type: "committed", results: [1] });
    // No row refers to it any longer.
    expect(mirrorNames(session)).toEqual([]);
  });

  const bridgeId = ({ replica }: OvsdbSession) => [...replica.rows(BRIDGE)][0]?.[0] ?? "";

  test("of two writers with a guard one wins, and the other has changed nothing", async () => {
    const first = await connected();
    const other = new OvsdbLog();
    const { peers: others } = await startPeers(other, {
      targets: [{ transport: "unix", path: server.socket }],
    });
    try {
      const second = await waitFor(() => other.up[0], { what: "a second session" });
      for (let round = 0; round < 20; round++) {
        const seen = new Set(first.replica.row(BRIDGE, bridgeId(first))?.mirrors);
        const guard = wait(BRIDGE, br0, ["mirrors"], [{ mirrors: seen }]);
        const outcomes = await Promise.all(
          [first, second].map((each, writer) =>
            each.transact([guard, ...addMirror(`${round}-${writer}`)]),
          ),
        );
        const lost = outcomes.filter(({ type }) => type === "refused");
        expect(outcomes.filter(({ type }) => type === "committed")).toHaveLength(1);
        expect(lost).toMatchObject([{ error: { code: "timed out", operation: 0 } }]);
        await waitFor(() => mirrorNames(first).length === round + 1);
      }
    } finally {
      await others.close("the test is over");
    }
  });

  test("the outcome of a transaction is unknown when its server is killed", async () => {
    const session = await connected();
    server.suspend();
    const outcome = session.transact(addMirror("m1"));
    await server.kill();
    expect(await outcome).toEqual({ type: "unknown", detail: "the session has ended" });
    expect(await session.transact([comment("late")])).toEqual({
      type: "unsent",
      detail: "the session has ended",
    });
    await server.restart();
    const again = await upAgain(1);
    expect(mirrorNames(again)).toEqual([]);
    expect(await again.transact(addMirror("m1"))).toMatchObject({ type: "committed" });
  });

  test("errors have their code, and nothing is changed", async () => {
    const session = await connected();
    const unknown = { name: "Bridge", columns: { other: OPEN_VSWITCH.columns.otherConfig } };
    const absent = { ...unknown, columns: { name: { ...BRIDGE.columns.name, name: "absent" } } };
    const bridge = { uuid: bridgeId(session) };
    const refused = async (...last: Parameters<typeof session.transact>[0]) => {
      const outcome = await session.transact([...addMirror("m1"), ...last]);
      return outcome.type === "refused" ? outcome.error.code : outcome.type;
    };
    const dangling = { ports: { insert: new Set(["6f2b1f5e-0000-4000-8000-000000000001"]) } };
    expect(await refused(abort())).toBe("aborted");
    expect(await refused(update(absent, bridge, { name: "x" }))).toBe("unknown column");
    const table = { name: "Absent", columns: {} };
    expect(await refused(deleteRows(table, { equal: {} }))).toBe("syntax error");
    expect(await refused(mutate(BRIDGE, bridge, dangling))).toBe("referential integrity violation");
    expect(await refused(update(BRIDGE, bridge, { failMode: "other" }))).toBe(
      "constraint violation",
    );
    expect(await refused(update(BRIDGE, bridge, { name: "br1" }))).toBe("constraint violation");
    expect(mirrorNames(session)).toEqual([]);
    expect(session.isOpen).toBe(true);
  });

  test("a server that is a backup allows no change", async () => {
    await connected();
    await server.becomeBackup();
    const session = await waitFor(() => log.up.at(-1), { what: "a session" });
    await waitFor(async () => {
      const outcome = await (log.up.at(-1) ?? session).transact(addMirror("m1"));
      return outcome.type === "refused" && outcome.error.code === "not allowed";
    });
  });

  test("a change is taken over when the switch has raised cur_cfg to it", async () => {
    const session = await connected();
    const first = takeOver(session, addMirror("m1"), 30_000);
    await waitFor(() => mirrorNames(session).length === 1);
    await server.vsctl("set", "open", ".", "cur_cfg=1");
    expect(await first).toEqual({ type: "takenOver" });
    expect(await takeOver(session, addMirror("m2"), 1)).toMatchObject({ type: "committed" });
    expect(await takeOver(session, [abort()], 30_000)).toMatchObject({
      type: "refused",
      error: { code: "aborted" },
    });
    const third = takeOver(session, addMirror("m3"), 30_000);
    await waitFor(() => mirrorNames(session).length === 3);
    await server.kill();
    expect(await third).toMatchObject({ type: "committed", detail: /^the session has ended/ });
  });
});

test("a server that connects by set-manager is a session as well", async () => {
  server = await DatabaseServer.start();
  await server.vsctl("add-br", "br0");
  log = new OvsdbLog();
  let port: number;
  ({ peers, port } = await startPeers(log));
  await server.restart(`tcp:127.0.0.1:${port}`);
  const session = await upAgain(0);
  expect(names(session, BRIDGE)).toEqual(["br0"]);
});
