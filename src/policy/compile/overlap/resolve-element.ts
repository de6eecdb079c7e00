import type { ActionSpec } from "../../../flow-model/index.ts";
import type { PortNo } from "../../../topology/index.ts";
import { exactValue, type Region } from "../../match-region/region.ts";
import type { Policy } from "../../model/policy.ts";
import { together, treatmentKey, treatmentOf, WHOLE } from "../../model/treatment.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { type Demand, shareKey } from "../model/flow-classes.ts";
import { forwardedAs, RESERVED_MAC, type SwitchView } from "../network/switch-view.ts";
import { entersAtMonitor, type Piece, type Tap, talksItself } from "../taps/compile-taps.ts";
import { addressesAreOpen, type Copy, copyFor, isBetter, type Obstacle } from "./copy.ts";
import { actionsOfElement, type ElementActions } from "./element-actions.ts";
import {
  NO_REQUESTING_TAPS,
  type RequestingTaps,
  selectedFor,
  sortTaps,
} from "./requesting-taps.ts";
import { defersTo, requestsFor, serves } from "./tap-point-selection.ts";

/** What a tap wants of an element's frames and whether that can be had. */
export interface CopyRequest {
  readonly tap: Tap;
  readonly monitor: PlacedMonitor;
  /** Undefined when the monitor gets a copy. */
  readonly obstacle: Obstacle | undefined;
  /** The tap on another switch where the copy is made instead. */
  readonly elected: Tap | undefined;
  /** How the copy may be another one than was asked for. */
  readonly remark?: Obstacle;
}

const PORT_IS_DOWN: Obstacle = (monitor) => `the port of monitor ${monitor} is down`;

/**
 * What is to be done with the frames of an element: the copies of all taps that include and do not
 * exclude it. `pieces` are those of the regions that hold it; their cuts have made sure that all of
 * its frames are alike. `wishes` is told what each tap wants.
 */
export function resolveElement(
  region: Region,
  pieces: readonly Piece[],
  at: SwitchView,
  wishes?: CopyRequest[],
): ElementActions {
  const { inPort, ethDst } = forwardedAs(region);
  const original = at.originals(inPort, ethDst);
  // As `endsHere`, with what is known already.
  const ends = original.length === 0 && inPort !== undefined && at.isLink(inPort);
  const taps = ethDst === RESERVED_MAC || ends ? NO_REQUESTING_TAPS : sortTaps(pieces, at.dpid);
  return new ElementResolution({ region, pieces, inPort, original, taps, at, wishes }).label();
}

interface ResolutionContext {
  readonly region: Region;
  readonly pieces: readonly Piece[];
  readonly inPort: PortNo | undefined;
  readonly original: readonly ActionSpec[];
  readonly taps: RequestingTaps;
  readonly at: SwitchView;
  readonly wishes: CopyRequest[] | undefined;
}

/** Whether what a policy asks of a monitor's copies is no more than what another one asks. */
function isCovered(
  policy: Policy,
  { share }: PlacedMonitor,
  by: Policy,
  { share: byShare }: PlacedMonitor,
): boolean {
  const own = treatmentOf(by);
  const isSame = treatmentKey(together(own, treatmentOf(policy))) === treatmentKey(own);
  return isSame && (byShare === undefined || shareKey(share) === shareKey(byShare));
}

/** The copies of one element's frames, as they are found. */
class ElementResolution {
  readonly #of: ResolutionContext;
  readonly #copies: Copy[] = [];
  /** By the key of the monitor: what is asked for, where nobody asks for all of it as it is. */
  #demands: Map<string, Demand[]> | undefined;

  constructor(of: ResolutionContext) {
    this.#of = of;
  }

  label(): ElementActions {
    const { taps, original } = this.#of;
    for (const tap of taps.here) for (const monitor of tap.monitors) this.#copyTo(monitor, tap);
    for (const tap of taps.enteringHere) {
      for (const monitor of tap.monitors) this.#copyForOthers(tap, monitor);
    }
    return actionsOfElement(original, this.#copies, this.#demands);
  }

  #copyTo(monitor: PlacedMonitor, tap: Tap): void {
    const { region, taps, wishes } = this.#of;
    if (talksItself(tap, monitor, region)) return;
    if (entersAtMonitor(tap, monitor, region)) {
      this.#copyForOthers(tap, monitor);
      return;
    }
    const elected = selectedFor(tap, monitor, region, taps);
    const obstacle = elected === undefined ? this.#note(tap, monitor) : undefined;
    if (wishes === undefined) return;
    const isMade = elected === undefined && obstacle === undefined;
    const remark = isMade ? this.#widening(tap, monitor) : undefined;
    wishes.push({ tap, monitor, obstacle, elected, ...(remark ? { remark } : {}) });
  }

  /**
   * Why a tap's copies may be treated more generously than it asks for: those of a tap on another switch
   * are made here, too, and only the port where frames come in there tells which these are. Where they are
   * from the host that is at that port, its address tells it, too: only forged ones are taken for them.
   */
  #widening(tap: Tap, monitor: PlacedMonitor): Obstacle | undefined {
    const { taps, at, region } = this.#of;
    const { name } = at;
    for (const lender of taps.lenders) {
      const isWider = requestsFor(lender, monitor.key, region).some(
        (theirs) => !isCovered(lender.policy, theirs, tap.policy, monitor),
      );
      const { mac } = lender.place;
      const isTold = lender.pieces.every(
        ({ kind, region }) =>
          kind !== "include" || (mac !== undefined && exactValue(region, "ethSrc") === mac),
      );
      if (!isWider || isTold) continue;
      const { id } = lender.policy;
      return (whose) =>
        `copies for monitor ${whose} may be treated as policy ${id} asks for its own: ${name} makes both and cannot tell them apart`;
    }
    return undefined;
  }

  /** For those who yielded to a tap here that does not want the frame because of where it enters. */
  #copyForOthers(tap: Tap, monitor: PlacedMonitor): void {
    const { region, taps } = this.#of;
    if (taps.elsewhere.length === 0 || !serves(tap, monitor, region)) return;
    const others = taps.elsewhere.filter((other) => serves(other, monitor, region));
    if (others.length === 0 || others.some((other) => defersTo(tap, other))) return;
    this.#note(tap, monitor, others);
  }

  /** Has a copy made for a monitor as `askers` want it (default: the tap itself), or says why not. */
  #note(tap: Tap, monitor: PlacedMonitor, askers?: readonly Tap[]): Obstacle | undefined {
    const { region, inPort, at, taps } = this.#of;
    const copy = copyFor(region, monitor, tap.policy.delivery, at, inPort);
    if (typeof copy === "function") return copy;
    const mustBeOwn = copy.way.kind === "rewrite" && tap.policy.delivery === "rewrite";
    if (mustBeOwn && !this.#isPinnedBy(tap)) return addressesAreOpen(at);
    if (askers === undefined && monitor.share?.length === 0) return PORT_IS_DOWN;
    const index = this.#copies.findIndex((each) => each.monitor.key === monitor.key);
    const known = this.#copies[index];
    let isKnown = known !== undefined;
    if (askers === undefined) isKnown = this.#demand(tap, monitor, isKnown);
    for (const asker of askers ?? []) isKnown = this.#demandAll(asker, monitor, isKnown);
    for (const lender of taps.lenders) isKnown = this.#demandAll(lender, monitor, isKnown);
    if (known === undefined) this.#copies.push(copy);
    else if (isBetter(copy, known)) this.#copies[index] = copy;
    return undefined;
  }

  /**
   * Whether the tap itself says what MAC addresses the frames have: its policy, or for the destination
   * what it knows of the hosts. Else it would depend on other policies what it copies.
   */
  #isPinnedBy(tap: Tap): boolean {
    const own = this.#of.pieces.filter((piece) => piece.tap === tap);
    const pins = (name: "ethSrc" | "ethDst", kind: Piece["kind"]) =>
      own.some((piece) => piece.kind === kind && exactValue(piece.region, name) !== undefined);
    return pins("ethSrc", "include") && (pins("ethDst", "include") || pins("ethDst", "cut"));
  }

  #demandAll(tap: Tap, { key }: PlacedMonitor, isKnown: boolean): boolean {
    let known = isKnown;
    for (const each of requestsFor(tap, key, this.#of.region))
      known = this.#demand(tap, each, known);
    return known;
  }

  /** Notes what a tap wants of a copy, unless somebody wants all of it as it is; always true. */
  #demand({ policy }: Tap, { key, share }: PlacedMonitor, isKnown: boolean): true {
    const treatment = treatmentOf(policy);
    if (treatment === WHOLE && share === undefined) {
      this.#demands?.delete(key);
      return true;
    }
    const others = this.#demands?.get(key);
    if (others !== undefined) others.push({ treatment, share });
    else if (!isKnown) {
      this.#demands ??= new Map();
      this.#demands.set(key, [{ treatment, share }]);
    }
    return true;
  }
}
