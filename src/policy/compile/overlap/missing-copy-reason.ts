import { contains, exactValue, type Region } from "../../match-region/region.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { endsHere, type SwitchView } from "../network/switch-view.ts";
import {
  entersAtMonitor,
  type Piece,
  RESERVED,
  type Tap,
  talksItself,
} from "../taps/compile-taps.ts";
import type { CopyRequest } from "./resolve-element.ts";

/** Why no frame can match, a clause. */
export const CONTRADICTION = "its identifiers and filters contradict each other";

/**
 * Why a tap makes no copies for a monitor of the frames of a region that it includes, a clause.
 * What it says of a region holds for all that is inside. `pieces` are those of the regions that hold
 * it, `wishes` what `judge` made of them.
 */
export function missingCopyReason(
  region: Region,
  pieces: readonly Piece[],
  at: SwitchView,
  tap: Tap,
  monitor: PlacedMonitor,
  wishes: readonly CopyRequest[],
): string {
  if (contains(RESERVED, region)) return "no switch forwards frames for these addresses";
  if (endsHere(region, at)) return "they come in by a link that base forwarding does not use";
  const own = pieces.filter((piece) => piece.tap === tap);
  if (own.some(({ kind }) => kind === "exclude")) return "the excludes cover all of it";
  if (own.some(({ kind }) => kind === "notFrom")) return "they enter by the receiver's own port";
  if (talksItself(tap, monitor, region)) return "all of it is the monitor's own conversation";
  if (entersAtMonitor(tap, monitor, region)) return "all of it enters by the monitor's own port";
  const other = wishes.find((wish) => wish.tap === tap && wish.monitor === monitor)?.elected;
  if (other !== undefined) return `policy ${other.policy.id} has them copied on their way`;
  const port = exactValue(region, "inPort");
  return `no rule copies them at ${at.name}${port === undefined ? "" : ` port ${port}`}`;
}
