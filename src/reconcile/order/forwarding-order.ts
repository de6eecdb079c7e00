// SPDX-License-Identifier: Apache-2.0
import {
  type ClosedEnd,
  categoryOf,
  destinationOf,
  type EntryRef,
  entryRef,
  type FlowKey,
  type FlowSpec,
  type ForwardingOrder,
  type PathToHost,
} from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { ForwardingGate } from "../plan/gated-spec.ts";
import { forwardsAsDesired } from "../state/production-frames.ts";
import type { SwitchTrackerView } from "../state/tracker-view.ts";
import { DownstreamEntries } from "./downstream.ts";
import { mayRerouteNow } from "./immediate-reroute.ts";

/** Dependencies of `ForwardingSequencer`. */
export interface ForwardingSequencerDeps {
  /** The order for the present topology; undefined: every switch may move at once. */
  readonly order: () => ForwardingOrder | undefined;
  readonly tracker: (dpid: string) => SwitchTrackerView | undefined;
  /** An entry that had to wait may be changed now. */
  readonly entryMayChange: (ref: EntryRef) => void;
  /** Floods of a switch that had to wait may leave by more ports now. */
  readonly floodsMayChange: (dpid: string) => void;
}

/**
 * Decides which switch may move production frames to its desired path now. Base forwarding defines the
 * order; this class compares it with what the switches hold and records which entry waits for which.
 */
export class ForwardingSequencer {
  readonly #deps: ForwardingSequencerDeps;
  /** Entries that wait for the switches on their desired path. */
  readonly #waiting = new DownstreamEntries();
  /** By a switch that could close a link: the switches whose floods wait for that. */
  readonly #floodWaiters = new Map<string, Set<string>>();

  constructor(deps: ForwardingSequencerDeps) {
    this.#deps = deps;
  }

  /** As `ForwardingGate` of a switch. */
  mayFlood(dpid: string, port: number): boolean {
    const order = this.#deps.order();
    const tracker = this.#tracker(dpid);
    if (!order || tracker?.forwarding.flooded(order.floodKey).has(port)) return true;
    const isClosed = (end: ClosedEnd) => {
      const other = this.#tracker(end.dpid);
      return !other || other.forwarding.isClosed(end.port, end.drop, order.floodKey);
    };
    const open = order.before(dpid, port).filter((ends) => !ends.some(isClosed));
    for (const end of open.flat()) {
      const waiters = this.#floodWaiters.get(end.dpid) ?? new Set();
      this.#floodWaiters.set(end.dpid, waiters.add(dpid));
    }
    return open.length === 0;
  }

  /** As `ForwardingGate` of a switch. */
  mayForward(dpid: string, key: FlowKey, entry: FlowSpec): boolean {
    const order = this.#deps.order();
    const installed = this.#tracker(dpid)?.installed;
    // A switch that forwards nothing yet can cause neither a loop nor a loss.
    if (!order || !(installed?.has(key) || installed?.has(order.floodKey))) return true;
    const path = order.pathToHost(dpid, entry);
    const actual = installed?.get(key);
    // The production frame moves as desired already; the copies need no order.
    if (!path || (actual?.original !== undefined && forwardsAsDesired(actual, entry))) return true;
    const waitsFor = path.steps.find(
      (step) => this.#tracker(step.dpid)?.forwarding.isReadyFor({ ...path, ...step }) === false,
    );
    if (!waitsFor || this.#mayReroute(dpid, order, path)) return true;
    const waiter = entryRef(dpid, key);
    this.#waiting.add(path.key, waiter);
    for (const { shut } of path.steps) this.#waiting.add(shut, waiter);
    return false;
  }

  /** As `ForwardingGate` of a switch. */
  presentPath(dpid: string, entry: FlowSpec): ReturnType<ForwardingGate["presentPath"]> {
    const path = this.#deps.order()?.pathToHost(dpid, entry);
    return path && this.#tracker(dpid)?.installed.get(path.key)?.actions;
  }

  /** The desired entries have changed: what entries wait for may no longer apply. */
  *desiredChanging(): Steps<void> {
    for (const waited of this.#floodWaiters.keys()) this.switchChanged(waited);
    yield* forEach(this.#waiting.takeAll(), (waiter) => this.#deps.entryMayChange(waiter));
  }

  /** The entries of a switch have changed: it may have closed links. */
  switchChanged(dpid: string): void {
    const waiters = this.#floodWaiters.get(dpid);
    if (!waiters) return;
    this.#floodWaiters.delete(dpid);
    for (const waiter of waiters) this.#deps.floodsMayChange(waiter);
  }

  /** Marks the entries that wait for this one, or for taps' entries for the same host. */
  entryChanged(key: FlowKey, entry: InstalledFlow | undefined): void {
    if (this.#waiting.isEmpty) return;
    for (const waiter of this.#waiting.take(key)) this.#deps.entryMayChange(waiter);
    if (!entry || categoryOf(entry.cookie) !== "rewriting") return;
    const mac = destinationOf(entry.match);
    const hostKey = mac === undefined ? undefined : this.#deps.order()?.hostKey(mac);
    if (hostKey === undefined) return;
    for (const waiter of this.#waiting.take(hostKey)) this.#deps.entryMayChange(waiter);
  }

  /** Whether a switch's path to a host is cut off and its new one is safe whatever others do. */
  #mayReroute(dpid: string, order: ForwardingOrder, path: PathToHost): boolean {
    const here = this.#tracker(dpid)?.forwarding;
    const [oldPort, newPort] = [here?.exit(path.key), here?.desiredExit(path.key)];
    if (oldPort === undefined || newPort === undefined || oldPort === newPort) return false;
    return mayRerouteNow(dpid, [oldPort, newPort], {
      to: path.to,
      far: (from, port) => order.far(from, port),
      exit: (at) => this.#tracker(at)?.forwarding.exit(path.key),
      exits: (at) => this.#tracker(at)?.forwarding.exits(path),
    });
  }

  #tracker(dpid: string): SwitchTrackerView | undefined {
    return this.#deps.tracker(dpid);
  }
}
