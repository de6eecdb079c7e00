// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  DEFAULT_TUNNELS as GENEVE,
  overlayEnd,
  type TunnelKind,
  tunnelPort,
} from "../../../src/controller/tap-bridges/overlay-ends.ts";
import type { Json } from "../../../src/ovsdb/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";
import { DatabaseRows, DPID, ROOT, SOURCE_ROW } from "./database-rows.ts";

const LABEL = "0aee";
const DEFAULT_TUNNELS: TunnelKind = { ...GENEVE, dscp: 8 };
const map = (values: Record<string, string>): Json => ["map", Object.entries(values)];

function endIn(
  rows: DatabaseRows,
  tunnels = DEFAULT_TUNNELS,
  endpoint?: string,
  others: string[] = [],
) {
  return overlayEnd(rows.replica(), tunnels, LABEL, {
    ...{ dpid: DPID as Dpid, name: "br-int", endpoint, mtu: undefined },
    others: others.map((dpid) => ({ dpid: dpid as Dpid, bridge: { name: "br-ex" } })),
  });
}

/** Adds a tunnel of another application. */
function addTunnel(
  rows: DatabaseRows,
  name: string,
  type: string,
  options: Record<string, string>,
) {
  rows.addPort(SOURCE_ROW, name);
  const face = rows.named("Interface", name);
  const row = rows.tables.Interface?.[face?.id ?? ""];
  if (row) Object.assign(row, { type, options: map(options) });
}

function setRoot(rows: DatabaseRows, ids: Record<string, string>) {
  Object.assign(rows.tables.Open_vSwitch?.[ROOT] ?? {}, { external_ids: map(ids) });
}

const ipv4 = (value: number) => ({ endpoint: { family: 4, value } });

test("tunnels end where the file says, else where OVN's do, else where all others do", () => {
  const rows = new DatabaseRows();
  expect(endIn(rows)).toEqual({ obstacle: expect.stringContaining('"endpoint"') });
  addTunnel(rows, "vxlan0", "vxlan", { local_ip: "192.0.2.3", remote_ip: "flow" });
  expect(endIn(rows)).toEqual(ipv4(0xc0000203));
  addTunnel(rows, "gre0", "gre", { local_ip: "192.0.2.4" });
  expect(endIn(rows)).toEqual({ obstacle: expect.stringContaining("is not known") });
  setRoot(rows, { "ovn-encap-ip": "192.0.2.5,192.0.2.6" });
  expect(endIn(rows)).toEqual(ipv4(0xc0000205));
  expect(endIn(rows, DEFAULT_TUNNELS, "192.0.2.7")).toEqual(ipv4(0xc0000207));
});

test.each<[Omit<TunnelKind, "dscp">, string, Record<string, string>, boolean]>([
  [{ type: "geneve", port: 6081 }, "geneve", {}, false],
  [{ type: "geneve", port: 6081 }, "geneve", { dst_port: "6099" }, true],
  [{ type: "vxlan", port: 6000 }, "vxlan", { dst_port: "6000" }, false],
  [{ type: "vxlan", port: 6000 }, "vxlan", {}, true],
  [{ type: "vxlan", port: 6000 }, "geneve", { dst_port: "6000" }, true],
  [{ type: "gre" }, "gre", {}, false],
  [DEFAULT_TUNNELS, "geneve", { remote_ip: "192.0.2.9" }, true],
])("tunnels %o beside one of type %s with %o: %s", (tunnels, type, options, isFree) => {
  const rows = new DatabaseRows();
  setRoot(rows, { "ovn-encap-ip": "192.0.2.5" });
  addTunnel(rows, "ovn-hv2-0", type, options);
  const found = endIn(rows, { ...tunnels, dscp: 8 });
  if (isFree) expect(found).toEqual(ipv4(0xc0000205));
  else expect(found).toEqual({ obstacle: expect.stringMatching(/ovn-hv2-0.*"tapTunnels"/) });
});

test("of two bridges whose ports have the same keys the second has no monitors behind tunnels", () => {
  const rows = new DatabaseRows();
  setRoot(rows, { "ovn-encap-ip": "192.0.2.5" });
  expect(endIn(rows, DEFAULT_TUNNELS, undefined, ["00000000000000a0"])).toEqual(ipv4(0xc0000205));
  expect(endIn(rows, DEFAULT_TUNNELS, undefined, ["000000000000a100"])).toEqual({
    obstacle: expect.stringMatching(/br-int and br-ex .*same keys/),
  });
});

test("the port takes any remote and any key, with the UDP port of its kind", () => {
  const options = (kind: TunnelKind) =>
    Object.fromEntries(tunnelPort("vo0a-overlay", kind).options);
  expect(options(DEFAULT_TUNNELS)).toMatchObject({
    remote_ip: "flow",
    key: "flow",
    dst_port: "61081",
    tos: "32",
  });
  expect(options({ type: "gre", dscp: 0 })).not.toHaveProperty("dst_port");
});

test("where another port has the name of the port for tunnels there is none, and nothing else is refused", () => {
  const rows = new DatabaseRows();
  setRoot(rows, { "ovn-encap-ip": "192.0.2.5" });
  rows.addPort(SOURCE_ROW, "vo0a-overlay");
  expect(endIn(rows)).toEqual({ obstacle: expect.stringMatching(/of bridge br-int .*del-port/) });
});
