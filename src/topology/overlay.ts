// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "./dpid.ts";
import type { PortAt } from "./port-at.ts";
import { patchedByName, portNamed } from "./tap-bridge.ts";

/** The switches whose frames a tap bridge gets. */
export interface TapSources {
  /** In the names of its patch ports. */
  readonly mark: string;
  /** In ascending order. */
  readonly dpids: readonly Dpid[];
}

/** What overlay ports depend on in a tap bridge. */
interface OverlaidSwitch {
  readonly dpid: Dpid;
  readonly ports: ReadonlyMap<PortNo, { readonly no: PortNo; readonly name: string }>;
  readonly tapSources?: TapSources;
}

/** The name of the port by which copies leave a tap bridge for others, and come from them. */
export function overlayPortName(mark: string): string {
  return `vo${mark}-overlay`;
}

/** The number of that port; undefined: there is none (yet). */
export function overlayPort(bridge: OverlaidSwitch | undefined): PortNo | undefined {
  const { tapSources } = bridge ?? {};
  return bridge && tapSources && portNamed(bridge, overlayPortName(tapSources.mark));
}

/**
 * What identifies a monitor in the tunnels to its tap bridge: the same for the same port of the same switch at any time, in
 * 24 bits, as VXLAN and Geneve have.
 */
export function overlayKey({ dpid, port }: PortAt): number {
  return overlayFold(dpid) * 2 ** 16 + port;
}

/** A datapath id in 8 bits: two bridges with the same ones in one database cannot both have monitors behind tunnels. */
export function overlayFold(dpid: Dpid): number {
  let fold = 0;
  for (let at = 0; at < dpid.length; at += 2) fold ^= Number.parseInt(dpid.slice(at, at + 2), 16);
  return fold;
}

/** The largest port number of OpenFlow that stands for a port. @spec OpenFlow 1.4.1, A.2.1 */
const LAST_PORT = 0xff00;

/**
 * The key of the copies that leave a tap bridge by one of its ports: that of the port to which the port is patched for
 * copies, or its own; undefined: no monitor is there.
 */
export function overlayKeyAt(bridge: OverlaidSwitch, port: PortNo): number | undefined {
  const { dpid, ports, tapSources } = bridge;
  const name = ports.get(port)?.name;
  if (tapSources === undefined || name === undefined || port >= LAST_PORT) return undefined;
  if (!name.startsWith(`vo${tapSources.mark}`)) return overlayKey({ dpid, port });
  for (const source of tapSources.dpids) {
    const patched = patchedByName(source, `vt${name.slice(2)}`, tapSources.mark);
    if (patched?.use === "copies") return overlayKey(patched);
  }
  return undefined;
}
