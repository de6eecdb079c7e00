// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import {
  carrierOf,
  type Dpid,
  formatIpAddress,
  isMirrored,
  type OverlayEnd,
  patchPort,
  refusalOf,
  type Switch,
  type TapBridge,
  type Topology,
} from "../../topology/index.ts";
import type { EntryState, Unmirrored } from "../status/policy-status.ts";
import { BridgeRows } from "./bridge-rows.ts";
import { describeBridges, hypervisorsIn, type TapBridgeSetting } from "./hypervisors.ts";
import { bridgesOfLabel, markOf } from "./own-rows.ts";
import { PatchRequests } from "./patch-requests.ts";
import type { TapBridgeTargets } from "./tap-bridge-targets.ts";

/** Dependencies of `TapBridges`. */
interface TapBridgesDeps extends TapBridgeSetting {
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  /** When a policy was created: texts in that order. */
  readonly created: (id: PolicyId) => string;
  readonly entryState: (ref: EntryRef) => EntryState;
  /** Whether a switch has been read since the process started, and has no entry that is not desired. */
  readonly hasDesiredAlone: (dpid: Dpid) => boolean;
  /** Whether OpenVTAP may write to databases. */
  readonly mayWrite: boolean;
  readonly clock: Clock;
}

/** Changes that follow each other are handled together, in milliseconds. */
const COALESCE_MS = 20;

const NO_WRITES =
  'mirrors that hand its frames over are rows of its database, and OpenVTAP may not write to it: set "ovsdbWrites": true';

/**
 * The bridges of OpenVTAP's own, one for each database: what policies need of them is computed anew whenever policies,
 * the network or a database have changed, and compared with the rows that the database has. A mirror is made when the
 * entries that copy its frames are confirmed, and a port that no policy needs any longer is removed after a while.
 */
export class TapBridges {
  readonly #deps: TapBridgesDeps;
  readonly #queue = new StepQueue();
  readonly #requests = new PatchRequests();
  readonly #rows: BridgeRows;
  readonly #listeners = new Listeners<[ids: readonly PolicyId[]]>();
  readonly #bridges = new Listeners<[before: Topology]>();
  readonly #reported = new Map<PolicyId, string>();
  #scheduled: CancelTimer | undefined;
  #isStarted = false;
  /** Mirrors wait for entries. */
  #isWaiting = false;

  constructor(deps: TapBridgesDeps) {
    this.#deps = deps;
    const requests = this.#requests;
    this.#rows = new BridgeRows({ ...deps, requests, changed: () => this.changed() });
  }

  /** Calls back when statuses of policies may differ. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Calls back when the network has other bridges of OpenVTAP's own than in `before`. */
  subscribeBridges(listener: (before: Topology) => void): void {
    this.#bridges.add(listener);
  }

  /** OpenVTAP listens on these addresses. */
  listening(addresses: Parameters<TapBridgeTargets["listening"]>[0]): void {
    this.#deps.places.listening(addresses);
    this.changed();
  }

  /** Every policy is known: what none needs may be removed from now on. */
  start(): void {
    this.#isStarted = true;
    this.changed();
  }

  close(): void {
    this.#isStarted = false;
    this.#scheduled?.();
    this.#rows.close();
  }

  /** Plans have changed; also called for new and deleted policies. */
  plansChanged(ids: readonly PolicyId[]): void {
    let isConcerned = false;
    for (const id of ids) {
      if (this.#requests.set(id, this.#deps.plan(id), this.#deps.created(id))) isConcerned = true;
    }
    if (isConcerned) this.changed();
  }

  networkChanged(): void {
    const isConcerned =
      !this.#requests.isEmpty ||
      this.#mirroredSwitches().length > 0 ||
      this.#deps.network.state.tapBridges.size > 0;
    if (isConcerned) this.changed();
  }

  /** Entries may have been confirmed. */
  entriesChanged(): void {
    if (this.#isWaiting) this.changed();
  }

  /** Policies, the network or a database have changed. */
  changed(): void {
    if (!this.#isStarted || this.#scheduled) return;
    this.#scheduled = this.#deps.clock.after(COALESCE_MS, () => {
      this.#scheduled = undefined;
      this.#queue.add("ordinary", () => this.#following());
    });
  }

  /**
   * Whether the bridge that gets the frames of a switch may hold entries of which nothing is known, from before the process
   * started: its database has not shown the bridge, or the bridge has not been read, or still has what is not desired.
   */
  isUnknown(source: Dpid): boolean {
    const { topology } = this.#deps.network;
    const { forwarding, tapBridge } = topology.switches.get(source) ?? {};
    if (!this.#deps.mayWrite || !isMirrored(forwarding)) return false;
    if (tapBridge === undefined) return true;
    if (tapBridge.dpid === undefined || this.#isShown(source) === false) return false;
    return !this.#deps.hasDesiredAlone(tapBridge.dpid);
  }

  /** Whether there is none of the bridges that get frames of these switches. */
  areAbsent(sources: Iterable<Dpid>): boolean {
    return [...sources].every((source) => this.#isShown(source) === false);
  }

  /** Whether the database of a switch has a bridge of OpenVTAP's own; undefined: it is not connected. */
  #isShown(source: Dpid): boolean | undefined {
    const session = this.#deps.databases.sessionOf(source);
    if (!session?.isConsistent) return undefined;
    return bridgesOfLabel(session.replica, this.#deps.label).length > 0;
  }

  /** Undefined: the policy needs no mirrors, or has all of them. */
  unmirrored(id: PolicyId): Unmirrored | undefined {
    const { topology } = this.#deps.network;
    const errors = new Set<string>();
    const waits = new Set<string>();
    let isServed = false;
    for (const patched of this.#requests.patchesOf(id)) {
      if (patched.use === "copies") continue;
      const found = topology.switches.get(patched.dpid);
      // The plan says why.
      if (refusalOf(found?.tapBridge, patched) !== undefined) continue;
      const carrier = carrierOf(found?.tapBridge, patched);
      if (this.#rows.isConfirmed(carrier)) {
        isServed = true;
        continue;
      }
      // Otherwise the plan says why.
      if (found === undefined || patchPort(topology.switches, patched) === undefined) continue;
      const what = this.#rows.problemOf(carrier);
      const bridge = found.tapBridge?.dpid;
      const problem = bridge === undefined ? undefined : this.#rows.writeProblemOf(bridge);
      if (what !== undefined) errors.add(`switch ${found.name}: ${what}`);
      else if (problem?.isError) errors.add(`switch ${found.name}: ${problem.what}`);
      else if (problem) waits.add(`switch ${found.name}: ${problem.what}`);
      else
        waits.add(`switch ${found.name} has not taken over the mirror of port ${patched.port} yet`);
    }
    if (errors.size + waits.size === 0) return undefined;
    return { errors: [...errors], waits: [...waits], isServed };
  }

  *#following(): Steps<void> {
    const sources = this.#mirroredSwitches();
    if (!this.#deps.mayWrite) {
      const none = {
        dpid: undefined,
        name: this.#deps.name,
        mark: markOf(this.#deps.label),
        obstacle: NO_WRITES,
        refused: new Map(),
      };
      this.#show(new Map(sources.map(({ dpid }) => [dpid, none])));
      return;
    }
    const shown = new Map<Dpid, TapBridge>();
    for (const { dpid } of sources) {
      const known = this.#deps.network.state.tapBridges.get(dpid);
      if (known !== undefined) shown.set(dpid, known);
    }
    this.#isWaiting = false;
    const hypervisors = hypervisorsIn(this.#deps);
    for (const each of hypervisors) {
      yield;
      describeBridges(each, this.#deps, this.#requests, shown);
    }
    this.#show(shown);
    for (const each of hypervisors) {
      yield;
      if (this.#rows.follow(each)) this.#isWaiting = true;
    }
    this.#report();
  }

  #mirroredSwitches(): readonly Switch[] {
    const all = [...this.#deps.network.topology.switches.values()];
    return all.filter(({ forwarding }) => isMirrored(forwarding));
  }

  /** The network has these bridges from now on. */
  #show(shown: ReadonlyMap<Dpid, TapBridge>): void {
    const { network } = this.#deps;
    const { state } = network;
    const merged = new Map(
      [...shown].map(([dpid, now]) => {
        const old = state.tapBridges.get(dpid);
        return [dpid, old !== undefined && textOf(old) === textOf(now) ? old : now];
      }),
    );
    const isSame =
      merged.size === state.tapBridges.size &&
      [...merged].every(([dpid, each]) => state.tapBridges.get(dpid) === each);
    if (isSame) return;
    const before = network.topology;
    network.replace(state.withTapBridges(merged));
    this.#bridges.notify(before);
  }

  /** Reports the policies whose reasons differ. */
  #report(): void {
    const changed: PolicyId[] = [];
    for (const id of new Set([...this.#requests.ids, ...this.#reported.keys()])) {
      const isKnown = this.#requests.patchesOf(id).length > 0;
      const now = isKnown ? JSON.stringify(this.unmirrored(id) ?? null) : undefined;
      if (now === this.#reported.get(id)) continue;
      if (now === undefined) this.#reported.delete(id);
      else this.#reported.set(id, now);
      changed.push(id);
    }
    if (changed.length > 0) this.#listeners.notify(changed);
  }
}

/** A text that is equal for bridges of which the same is known. */
function textOf({ refused, shared, overlay, ...rest }: TapBridge): string {
  return JSON.stringify([rest, [...refused], [...(shared ?? [])], overlay && endText(overlay)]);
}

function endText(end: OverlayEnd): string {
  return "obstacle" in end ? end.obstacle : `${formatIpAddress(end.endpoint)} ${end.mtu}`;
}
