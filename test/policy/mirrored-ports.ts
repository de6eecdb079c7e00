// SPDX-License-Identifier: Apache-2.0
import {
  type Dpid,
  type PatchedPort,
  type PortNo,
  parseIpAddress,
  patchKey,
  patchNames,
  SHARED_PORTS,
  TopologyState,
} from "../../src/topology/index.ts";
import { dpid, port } from "../topology/networks.ts";

/** The switch of another application. */
export const SOURCE = dpid(1);
/** The bridge of OpenVTAP's own for its frames. */
export const TAPS = dpid(0xb1);
const MARK = "0a";
/** A port of that bridge at which a monitor is plugged in. */
export const PROBE = 30;

/** The number of a patch port of the bridge of OpenVTAP's own; that of the other end is 500 higher. */
export function patchNumber({ port: no, use }: Omit<PatchedPort, "dpid">): number {
  return { sent: 100, received: 200, copies: 300 }[use] + no;
}

export const patched = (use: PatchedPort["use"], ...ports: number[]): PatchedPort[] =>
  ports.map((no) => ({ dpid: SOURCE, port: no as PortNo, use }));

/** h1 to h4 at ports 1 to 4 of a switch whose frames mirrors hand over, as far as its ports are patched. */
export function mirroredNetwork(
  patches: readonly PatchedPort[],
  {
    isKnown = true,
    obstacle,
    sharing = [],
    refused = [],
  }: {
    isKnown?: boolean;
    obstacle?: string;
    sharing?: readonly PatchedPort[];
    refused?: readonly PatchedPort[];
  } = {},
): TopologyState {
  const hosts = [1, 2, 3, 4].map((n) => ({
    ...{ name: `h${n}`, mac: 0xfa0000000000 + n, dpid: SOURCE, port: n },
    ips: [`10.0.0.${n}`].flatMap((ip) => parseIpAddress(ip) ?? []),
  }));
  const forwarding = { beside: { mirrors: true } } as const;
  const ends = patches.map((each) => ({ ...patchNames(each, MARK), no: patchNumber(each) }));
  const state = TopologyState.empty
    .withConfig({ switches: [{ dpid: SOURCE, name: "s1", forwarding }], links: [], hosts })
    .apply({
      ...{ type: "switchConnected", dpid: SOURCE },
      ports: [...[1, 2, 3, 4].map((n) => port(n)), ...ends.map((e) => port(e.no + 500, e.source))],
    });
  if (!isKnown) return state;
  const shared = new Map(sharing.map((each) => [patchKey(each), SHARED_PORTS.trunk] as const));
  const reasons = refused.map((each) => [patchKey(each), "it is a bond"] as const);
  const bridge = { dpid: TAPS as Dpid, name: "s1.br-vtap", mark: MARK, refused: new Map(reasons) };
  return state
    .withTapBridges(new Map([[SOURCE, { ...bridge, shared, ...(obstacle && { obstacle }) }]]))
    .apply({
      ...{ type: "switchConnected", dpid: TAPS },
      ports: [port(PROBE, "probe0"), ...ends.map((e) => port(e.no, e.own))],
    });
}
