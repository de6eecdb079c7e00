import type { ActionSpec } from "../../../flow-model/index.ts";
import type { Dpid, PortNo } from "../../../topology/index.ts";
import { contains, exactValue, type Region } from "../../match-region/region.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { RESERVED } from "../taps/compile-taps.ts";

/** What the network does at a switch. */
export interface SwitchView {
  readonly dpid: Dpid;
  readonly name: string;
  originals(inPort: PortNo | undefined, ethDst: number): readonly ActionSpec[];
  /** The port toward a monitor on another switch; undefined when there is no way. */
  copyPort(monitor: PlacedMonitor): number | undefined;
  /** Whether a port leads to another switch. */
  isLink(port: PortNo): boolean;
}

/** Stands for every address that is nobody's: where no address is fixed, known ones are cut out. */
const NOBODY = 0xffffffffffff;
/** Stands for all addresses that no bridge forwards. */
export const RESERVED_MAC = 0x0180c2000000;

/** The frame that stands for a region when the switch is asked what it does with its frames. */
export function forwardedAs(region: Region): {
  readonly inPort: PortNo | undefined;
  readonly ethDst: number;
} {
  const inPort = exactValue(region, "inPort") as PortNo | undefined;
  if (contains(RESERVED, region)) return { inPort, ethDst: RESERVED_MAC };
  return { inPort, ethDst: (exactValue(region, "ethDst") as number | undefined) ?? NOBODY };
}

/**
 * Whether the frames of a region end at a switch lest they loop: they are on their way elsewhere,
 * too, and are copied there.
 */
export function endsHere(region: Region, at: SwitchView): boolean {
  const inPort = exactValue(region, "inPort") as PortNo | undefined;
  if (inPort === undefined || !at.isLink(inPort)) return false;
  const ethDst = exactValue(region, "ethDst") as number | undefined;
  return at.originals(inPort, ethDst ?? NOBODY).length === 0;
}
