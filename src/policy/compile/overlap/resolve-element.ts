// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import type { PortNo } from "../../../topology/index.ts";
import { contains, exactValue, type Region } from "../../match-region/region.ts";
import { otherPolicy } from "../../model/other-policy.ts";
import type { Policy } from "../../model/policy.ts";
import { combined, treatmentKey, treatmentOf, WHOLE } from "../../model/treatment.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { type RequestedTreatment, shareKey } from "../model/flow-classes.ts";
import { RESERVED } from "../model/reserved-frames.ts";
import { NO_NUMBER, NO_WAITS, type NumberKind } from "../model/waiting-copies.ts";
import { forwardedAs, type SwitchView } from "../network/switch-view.ts";
import { entersAtMonitor, isOwnTraffic, type Piece, type Tap } from "../taps/tap.ts";
import { carriageOf, isReservedApart } from "./carriage.ts";
import { type Blocker, type Copy, copyFor, isBetter, notCarried } from "./copy.ts";
import { type ElementActions, elementActions } from "./element-actions.ts";
import { type NumberNeed, numberKey } from "./number-need.ts";
import {
  NO_REQUESTING_TAPS,
  type RequestingTaps,
  requestingTaps,
  selectedFor,
} from "./requesting-taps.ts";
import { defersTo, requestsFor, serves } from "./tap-point-selection.ts";

/** A copy of an element's frames that a tap requests for a monitor, and whether it is made. */
export interface CopyRequest {
  readonly tap: Tap;
  readonly monitor: PlacedMonitor;
  /** Why the monitor gets no copy; undefined when it gets one. */
  readonly blocker: Blocker | undefined;
  /**
   * The blocker concerns frames that no policy of this kind can copy as the network is set up: where
   * the monitor gets other copies, the policy is in effect all the same.
   */
  readonly isUnseen?: true;
  /** The frames are for a reserved address: few of what a policy selects, if not all that it asks for. */
  readonly isReserved?: true;
  /** The tap on another switch where the copy is made instead. */
  readonly selected: Tap | undefined;
  /** How the copy may differ from the requested one. */
  readonly caveat?: Blocker;
}

/** Why a copy is not made. */
interface Blocked {
  readonly blocker: Blocker;
  readonly isUnseen?: boolean;
}

const PORT_IS_DOWN: Blocker = (monitor) => `the port of monitor ${monitor} is down`;

/**
 * What a switch does with the frames of an element: the copies of all taps that include and do not
 * exclude it. `pieces` are those of the regions that contain it; their cuts ensure that all of its
 * frames get the same actions. The request of each tap is appended to `requests`, and the number that its
 * copies need by themselves to `needs`.
 */
export function resolveElement(
  region: Region,
  pieces: readonly Piece[],
  at: SwitchView,
  requests?: CopyRequest[],
  needs?: NumberNeed[],
): ElementActions {
  const { inPort, ethDst } = forwardedAs(region);
  const original = at.originals(inPort, ethDst);
  // The same as `endsHere`, from values that are known here.
  const ends = original.length === 0 && inPort !== undefined && at.isLink(inPort);
  const taps = ends ? NO_REQUESTING_TAPS : requestingTaps(pieces, at.dpid);
  const context = { region, pieces, inPort, original, taps, at, requests, needs };
  return new ElementResolution(context).resolve();
}

interface ResolutionContext {
  readonly region: Region;
  readonly pieces: readonly Piece[];
  readonly inPort: PortNo | undefined;
  readonly original: readonly ActionSpec[];
  readonly taps: RequestingTaps;
  readonly at: SwitchView;
  readonly requests: CopyRequest[] | undefined;
  readonly needs: NumberNeed[] | undefined;
}

/** Whether the copies that policy `by` requests for a monitor contain those that `policy` requests. */
function isCovered(
  policy: Policy,
  { share }: PlacedMonitor,
  by: Policy,
  { share: byShare }: PlacedMonitor,
): boolean {
  const own = treatmentOf(by);
  const isSame = treatmentKey(combined(own, treatmentOf(policy))) === treatmentKey(own);
  return isSame && (byShare === undefined || shareKey(share) === shareKey(byShare));
}

/** Whether the source address of the frames that a tap includes is that of the host known at its port. */
function isIdentified({ place: { mac }, pieces }: Tap): boolean {
  return pieces.every(
    ({ kind, region }) =>
      kind !== "include" || (mac !== undefined && exactValue(region, "ethSrc") === mac),
  );
}

/** Collects the copies of one element's frames. */
class ElementResolution {
  readonly #of: ResolutionContext;
  readonly #copies: Copy[] = [];
  /** The treatments requested, by monitor key; absent where some tap requests whole copies of all flows. */
  #treatments: Map<string, RequestedTreatment[]> | undefined;

  constructor(of: ResolutionContext) {
    this.#of = of;
  }

  resolve(): ElementActions {
    const { taps, original } = this.#of;
    for (const tap of taps.here) for (const monitor of tap.monitors) this.#copyTo(monitor, tap);
    for (const tap of taps.exemptHere) {
      for (const monitor of tap.monitors) this.#copyForDeferring(tap, monitor);
    }
    return elementActions(original, this.#copies, this.#treatments);
  }

  #copyTo(monitor: PlacedMonitor, tap: Tap): void {
    const { region, taps, requests } = this.#of;
    if (isOwnTraffic(tap, monitor, region) || isReservedApart(tap, region)) return;
    if (entersAtMonitor(tap, monitor, region)) {
      this.#copyForDeferring(tap, monitor);
      return;
    }
    const missing = this.#missingNumber(tap, monitor);
    if (missing !== undefined) {
      requests?.push({ tap, monitor, blocker: NO_NUMBER[missing], selected: undefined });
      return;
    }
    const selected = selectedFor(tap, monitor, region, taps, this.#of.at);
    const blocked = selected === undefined ? this.#addCopy(tap, monitor) : undefined;
    if (selected !== undefined) this.#addOwnNeed(tap, monitor);
    if (requests === undefined) return;
    const isMade = selected === undefined && blocked === undefined;
    const caveat = isMade ? this.#caveatFor(tap, monitor) : undefined;
    const blocker = blocked?.blocker;
    requests.push({
      ...{ tap, monitor, blocker, selected: selected?.passed ?? selected },
      ...(blocked?.isUnseen || (blocked && tap.isIngress) ? { isUnseen: true } : {}),
      ...(contains(RESERVED, region) ? { isReserved: true } : {}),
      ...(caveat ? { caveat } : {}),
    });
  }

  /**
   * Why a monitor may get more than a tap requests: this switch also makes the copies that a tap on
   * another switch delegates, and only the in-port at that switch identifies their frames. If they
   * come from the host known at that port, their source address identifies them as well, and only
   * frames with a forged source are confused with them.
   */
  #caveatFor(tap: Tap, monitor: PlacedMonitor): Blocker | undefined {
    const { taps, at } = this.#of;
    const { name } = at;
    const confused = taps.delegators
      .filter((delegator) => this.#isWider(delegator, tap, monitor) && !isIdentified(delegator))
      .map(({ policy }) => policy);
    // The first id, whatever the order in which the policies were compiled.
    const first = confused.reduce<Policy | undefined>(
      (least, each) => (least !== undefined && least.id < each.id ? least : each),
      undefined,
    );
    if (first === undefined) return undefined;
    const other = otherPolicy(first, tap.policy);
    return (whose) =>
      `copies for monitor ${whose} may be treated as ${other} requests for its own: ${name} makes both and cannot distinguish them`;
  }

  /** Whether a delegator requests more for a monitor than a tap does. */
  #isWider(delegator: Tap, tap: Tap, monitor: PlacedMonitor): boolean {
    return requestsFor(delegator, monitor.key, this.#of.region).some(
      (theirs) => !isCovered(delegator.policy, theirs, tap.policy, monitor),
    );
  }

  /** Copies for taps that deferred to a tap here which, because of the in-port, requests no copy. */
  #copyForDeferring(tap: Tap, monitor: PlacedMonitor): void {
    const { region, taps, at } = this.#of;
    if (taps.elsewhere.length === 0 || !serves(tap, monitor, region, at)) return;
    const others = taps.elsewhere.filter((other) => serves(other, monitor, region, at));
    if (others.length === 0 || others.some((other) => defersTo(tap, other))) return;
    this.#addCopy(tap, monitor, others);
  }

  /** Adds a copy for a monitor as `requesters` request it (default: the tap), or returns why not. */
  #addCopy(tap: Tap, monitor: PlacedMonitor, requesters?: readonly Tap[]): Blocked | undefined {
    const { region, at, taps } = this.#of;
    const carriage = carriageOf(tap, monitor, region, at);
    if ("lacks" in carriage) {
      const isUnseen = carriage.lacks === "open" && tap.policy.delivery !== "rewrite";
      return { blocker: notCarried(carriage.lacks, tap, at), isUnseen };
    }
    const copy = copyFor(this.#of, monitor, tap, carriage.by);
    if (typeof copy === "function") return { blocker: copy };
    if (requesters === undefined && monitor.share?.length === 0) return { blocker: PORT_IS_DOWN };
    if (requesters === undefined) {
      if (carriage.alone === undefined) this.#addNeed(tap, copy);
      else this.#addOwnNeed(tap, monitor);
    }
    const index = this.#copies.findIndex((each) => each.monitor.key === monitor.key);
    const known = this.#copies[index];
    let isKnown = known !== undefined;
    if (requesters === undefined) isKnown = this.#addTreatment(tap, monitor, isKnown);
    for (const each of requesters ?? []) isKnown = this.#addTreatments(each, monitor, isKnown);
    for (const each of taps.delegators) isKnown = this.#addTreatments(each, monitor, isKnown);
    if (known === undefined) this.#copies.push(copy);
    else if (isBetter(copy, known)) this.#copies[index] = copy;
    return undefined;
  }

  /** The kind of number for which the copies of a tap wait; undefined: they do not wait. */
  #missingNumber(tap: Tap, monitor: PlacedMonitor): NumberKind | undefined {
    if (tap.waits === NO_WAITS) return undefined;
    const carriage = carriageOf(tap, monitor, this.#of.region, this.#of.at);
    if (!("lacks" in carriage)) return undefined;
    const { lacks } = carriage;
    return lacks === "vlan" || lacks === "mark" || lacks === "pair" ? lacks : undefined;
  }

  /** Records the number that a tap's copies for a monitor need when they are not served by another policy's. */
  #addOwnNeed(tap: Tap, monitor: PlacedMonitor): void {
    if (this.#of.needs === undefined) return;
    const carriage = carriageOf(tap, monitor, this.#of.region, this.#of.at);
    if ("lacks" in carriage) return;
    const copy = copyFor(this.#of, monitor, tap, carriage.alone ?? carriage.by);
    if (typeof copy !== "function") this.#addNeed(tap, copy);
  }

  /** Records the number that a tap's copies need when they are carried as this one. */
  #addNeed(tap: Tap, copy: Copy): void {
    const { truncate } = tap.policy;
    const key = this.#of.needs && numberKey(copy, truncate);
    if (key !== undefined) this.#of.needs?.push({ tap, copy, truncate, key });
  }

  #addTreatments(tap: Tap, { key }: PlacedMonitor, isKnown: boolean): boolean {
    let known = isKnown;
    for (const each of requestsFor(tap, key, this.#of.region))
      known = this.#addTreatment(tap, each, known);
    return known;
  }

  /** Records the treatment that a tap requests, unless a tap requests whole copies of all flows; true. */
  #addTreatment({ policy }: Tap, { key, share }: PlacedMonitor, isKnown: boolean): true {
    const treatment = treatmentOf(policy);
    if (treatment === WHOLE && share === undefined) {
      this.#treatments?.delete(key);
      return true;
    }
    const others = this.#treatments?.get(key);
    if (others !== undefined) others.push({ treatment, share });
    else if (!isKnown) {
      this.#treatments ??= new Map();
      this.#treatments.set(key, [{ treatment, share }]);
    }
    return true;
  }
}
