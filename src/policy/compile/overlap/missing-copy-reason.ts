// SPDX-License-Identifier: Apache-2.0
import { contains, exactValue, type Region } from "../../match-region/region.ts";
import { otherPolicy } from "../../model/other-policy.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { RESERVED } from "../model/reserved-frames.ts";
import { endsHere, type SwitchView } from "../network/switch-view.ts";
import { entersAtMonitor, isOwnTraffic, type Piece, type Tap } from "../taps/tap.ts";
import type { CopyRequest } from "./resolve-element.ts";

/** Why no frame can match, a clause. */
export const CONTRADICTION = "its identifiers and filters contradict each other";

/** A monitor that gets no copies of a region's frames from a tap that includes them. */
interface MissingCopy {
  readonly region: Region;
  /** Those of the elements that contain the region. */
  readonly pieces: readonly Piece[];
  readonly at: SwitchView;
  readonly tap: Tap;
  readonly monitor: PlacedMonitor;
  /** The requests that `resolveElement` found for the region. */
  readonly requests: readonly CopyRequest[];
}

/**
 * Why a tap makes no copies for a monitor from the frames of a region that it includes, a clause. The
 * reason holds for every region inside as well.
 */
export function missingCopyReason({
  region,
  pieces,
  at,
  tap,
  monitor,
  requests,
}: MissingCopy): string {
  if (endsHere(region, at)) return "they come in by a link that base forwarding does not use";
  const own = pieces.filter((piece) => piece.tap === tap);
  const isExcluded = own.some(({ kind }) => kind === "exclude");
  if (isExcluded && contains(RESERVED, region))
    return "no switch forwards frames for these addresses";
  if (isExcluded) return "the excludes cover all of it";
  if (own.some(({ kind }) => kind === "exceptInPort"))
    return "they enter by the receiver's own port";
  if (isOwnTraffic(tap, monitor, region)) return "all of it is the monitor's own conversation";
  if (entersAtMonitor(tap, monitor, region)) return "all of it enters by the monitor's own port";
  const other = requests.find((each) => each.tap === tap && each.monitor === monitor)?.selected;
  if (other !== undefined)
    return `${otherPolicy(other.policy, tap.policy)} copies them at another switch`;
  const port = exactValue(region, "inPort");
  return `no rule copies them at ${at.name}${port === undefined ? "" : ` port ${port}`}`;
}
