// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { describedBridge } from "../../../src/controller/tap-bridges/described-bridge.ts";
import { desiredPatches } from "../../../src/controller/tap-bridges/desired-patches.ts";
import { bridgeNamed, tapBridgeDpid } from "../../../src/controller/tap-bridges/own-rows.ts";
import {
  type Dpid,
  type PatchedPort,
  type PortNo,
  patchNames,
} from "../../../src/topology/index.ts";
import { DatabaseRows, DPID, ROOT } from "./database-rows.ts";

const OWN = {
  dpid: tapBridgeDpid(ROOT, "br-vtap"),
  name: "s1.br-vtap",
  conflict: undefined,
  noController: undefined,
};

const patched = (port: number, use: PatchedPort["use"]): PatchedPort => ({
  ...{ dpid: DPID as Dpid, port: port as PortNo, use },
});
const nameOf = (port: number, use: PatchedPort["use"]) => patchNames(patched(port, use)).source;

function described(rows: DatabaseRows, requested: readonly PatchedPort[]) {
  const replica = rows.replica();
  const bridge = bridgeNamed(replica, "br-int");
  if (bridge === undefined) throw new Error("no bridge");
  return describedBridge(replica, OWN, { bridge, first: bridge, requested, label: "ours" });
}

const REQUESTED = [
  ...[patched(1, "sent"), patched(3, "received"), patched(3, "copies"), patched(4, "sent")],
];

test("ports whose frames a mirror changes get no patch ports, unless for copies", () => {
  const bridge = described(new DatabaseRows(), REQUESTED);
  expect([...bridge.refused]).toEqual([
    [nameOf(3, "received"), expect.stringContaining("port p3 is a bond")],
    [nameOf(4, "sent"), expect.stringContaining("vlan_mode native-tagged")],
  ]);
  expect([...desiredPatches(REQUESTED, bridge, () => true).keys()]).toEqual([
    ...[nameOf(1, "sent"), nameOf(3, "copies")],
  ]);
});

test("ports that are refused share no mirror", () => {
  const rows = new DatabaseRows();
  for (let n = 0; n < 32; n++) rows.addMirror(`theirs${n}`);
  expect([...(described(rows, REQUESTED).shared?.keys() ?? [])]).toEqual([nameOf(1, "sent")]);
});
