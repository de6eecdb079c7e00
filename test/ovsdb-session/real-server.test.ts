// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { BRIDGE, INTERFACE_STATISTICS, OPEN_VSWITCH, PORT } from "../../src/ovsdb/index.ts";
import type { OvsdbPeers, OvsdbSession } from "../../src/ovsdb-session/index.ts";
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
async function connected(options: Parameters<typeof DatabaseServer.start>[0] = {}) {
  server = await DatabaseServer.start(options);
  await server.vsctl("add-br", "br0");
  log = new OvsdbLog();
  ({ peers } = await startPeers(log, {
    targets: [{ transport: "unix", path: server.socket }],
    session: { echoIntervalMs: 200 },
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

  test("a silent session stays: each side answers the other's echo requests", async () => {
    const session = await connected();
    await server.vsctl("set-manager", "ptcp:0:127.0.0.1");
    await waitFor(() => log.lines.filter((line) => line === "changed").length > 0);
    const { lastReceived } = session;
    await waitFor(() => session.lastReceived > lastReceived + 400);
    expect(session.isOpen).toBe(true);
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
