// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import type { OxmField } from "../../../openflow/index.ts";
import type { Dpid, PortNo } from "../../../topology/index.ts";
import { contains, exactValue, type Region } from "../../match-region/region.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { RESERVED, RESERVED_MAC } from "../model/reserved-frames.ts";

/** The network as one switch sees it. */
export interface SwitchView {
  readonly dpid: Dpid;
  readonly name: string;
  /** Whether it is known to be something other than Open vSwitch. */
  readonly isPlain: boolean;
  /** What the rules for taps here match besides their frames, where another application owns every table. */
  readonly unmarked: OxmField | undefined;
  /** Whether a switch, this or another, drops the innermost of two tags when it pushes one more. */
  dropsInnerTags(from: Dpid): boolean;
  /** What base forwarding does with a frame for `ethDst` that enters by `inPort`. */
  originals(inPort: PortNo | undefined, ethDst: number): readonly ActionSpec[];
  /** The port toward a monitor on another switch; undefined when there is no path. */
  copyPort(monitor: PlacedMonitor): number | undefined;
  /** The same over direct links only. */
  directPort(monitor: PlacedMonitor): number | undefined;
  /** Whether direct links lead from a switch to a monitor on another one. */
  isDirect(from: Dpid, monitor: PlacedMonitor): boolean;
  /** Whether VLAN ids are reserved for tagged copies. */
  readonly hasTags: boolean;
  /** Whether a port leads to another switch. */
  isLink(port: PortNo): boolean;
}

/** Represents every address without a known host: regions that fix no address have those cut out. */
const UNKNOWN_MAC = 0xffffffffffff;

/** The frame that represents a region in a query for what the switch does with its frames. */
export function forwardedAs(region: Region): {
  readonly inPort: PortNo | undefined;
  readonly ethDst: number;
} {
  const inPort = exactValue(region, "inPort") as PortNo | undefined;
  if (contains(RESERVED, region)) return { inPort, ethDst: RESERVED_MAC };
  return { inPort, ethDst: (exactValue(region, "ethDst") as number | undefined) ?? UNKNOWN_MAC };
}

/**
 * Whether base forwarding drops the frames of a region at a switch to avoid a loop: other copies of
 * the same flooded frame take another path, and are tapped there.
 */
export function endsHere(region: Region, at: SwitchView): boolean {
  const inPort = exactValue(region, "inPort") as PortNo | undefined;
  if (inPort === undefined || !at.isLink(inPort)) return false;
  const ethDst = exactValue(region, "ethDst") as number | undefined;
  return at.originals(inPort, ethDst ?? UNKNOWN_MAC).length === 0;
}
