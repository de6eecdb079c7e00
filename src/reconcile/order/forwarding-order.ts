import {
  type ClosedEnd,
  categoryOf,
  destinationOf,
  type EntryRef,
  entryRef,
  type FlowKey,
  type FlowSpec,
  type ForwardingOrder,
  type WayOn,
} from "../../flow-model/index.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { ForwardingGate } from "../plan/gated-spec.ts";
import { forwardsAsDesired } from "../state/production-frames.ts";
import type { SwitchTracker } from "../state/switch-tracker.ts";
import { DownstreamEntries } from "./downstream.ts";
import { mayRerouteNow } from "./immediate-reroute.ts";

/** What turns are decided by, and who is told that his may have come. */
export interface ForwardingOrderContext {
  /** The order for the present topology; undefined: there is none, everybody may move at once. */
  readonly order: () => ForwardingOrder | undefined;
  readonly tracker: (dpid: string) => SwitchTracker | undefined;
  /** An entry that had to wait may be changed now. */
  readonly entryMayChange: (ref: EntryRef) => void;
  /** Floods of a switch that had to wait may leave by more ports now. */
  readonly floodsMayChange: (dpid: string) => void;
}

/**
 * Whose turn it is to move production frames another way, among all switches: the order itself is
 * forwarding's, this compares it with what switches hold and keeps who waits for whom.
 */
export class ForwardingSequencer {
  readonly #context: ForwardingOrderContext;
  /** Entries that wait for what their frames meet on other switches. */
  readonly #followers = new DownstreamEntries();
  /** Switches whose floods wait for a link to be closed, by a switch that could close it. */
  readonly #floodWaiters = new Map<string, Set<string>>();

  constructor(context: ForwardingOrderContext) {
    this.#context = context;
  }

  /** As `ForwardingGate` of a switch. */
  mayFlood(dpid: string, port: number): boolean {
    const order = this.#context.order();
    const tracker = this.#tracker(dpid);
    if (!order || tracker?.flooded(order.floodKey).has(port)) return true;
    const isClosed = (end: ClosedEnd) => {
      const other = this.#tracker(end.dpid);
      return !other || other.isClosed(end.port, end.drop, order.floodKey);
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
    const order = this.#context.order();
    const flows = this.#tracker(dpid)?.flows;
    // Where nothing is forwarded yet, nothing can go wrong.
    if (!order || !(flows?.has(key) || flows?.has(order.floodKey))) return true;
    const way = order.wayOn(dpid, entry);
    const actual = flows?.get(key);
    // The copies are another matter.
    if (!way || (actual?.original !== undefined && forwardsAsDesired(actual, entry))) return true;
    const waitsFor = way.steps.find(
      (step) => this.#tracker(step.dpid)?.isReadyFor({ ...way, ...step }) === false,
    );
    if (!waitsFor || this.#mayDetour(dpid, order, way)) return true;
    const waiter = entryRef(dpid, key);
    this.#followers.add(way.key, waiter);
    for (const { shut } of way.steps) this.#followers.add(shut, waiter);
    return false;
  }

  /** As `ForwardingGate` of a switch. */
  presentWay(dpid: string, entry: FlowSpec): ReturnType<ForwardingGate["presentWay"]> {
    const way = this.#context.order()?.wayOn(dpid, entry);
    return way && this.#tracker(dpid)?.flows.get(way.key)?.actions;
  }

  /** Another tree, other ways: what has been waited for may not matter any more. */
  wishesChanged(): void {
    for (const waited of this.#floodWaiters.keys()) this.switchChanged(waited);
    for (const follower of this.#followers.takeAll()) this.#context.entryMayChange(follower);
  }

  /** A switch holds something else, or is gone: it may have closed links. */
  switchChanged(dpid: string): void {
    const waiters = this.#floodWaiters.get(dpid);
    if (!waiters) return;
    this.#floodWaiters.delete(dpid);
    for (const waiter of waiters) this.#context.floodsMayChange(waiter);
  }

  /** Who waits for an entry, or for what taps do with frames for the same host, looks again. */
  entryChanged(key: FlowKey, entry: InstalledFlow | undefined): void {
    if (this.#followers.isEmpty) return;
    for (const follower of this.#followers.take(key)) this.#context.entryMayChange(follower);
    if (!entry || categoryOf(entry.cookie) !== "rewriting") return;
    const mac = destinationOf(entry.match);
    const hostKey = mac === undefined ? undefined : this.#context.order()?.hostKey(mac);
    if (hostKey === undefined) return;
    for (const follower of this.#followers.take(hostKey)) this.#context.entryMayChange(follower);
  }

  /** Whether a switch's way to a host is cut off, and it may take its new one whatever the others do. */
  #mayDetour(dpid: string, order: ForwardingOrder, way: WayOn): boolean {
    const tracker = this.#tracker(dpid);
    const [oldPort, newPort] = [tracker?.exit(way.key), tracker?.desiredExit(way.key)];
    if (oldPort === undefined || newPort === undefined || oldPort === newPort) return false;
    return mayRerouteNow(dpid, [oldPort, newPort], {
      to: way.to,
      far: (from, port) => order.far(from, port),
      exit: (at) => this.#tracker(at)?.exit(way.key),
      exits: (at) => this.#tracker(at)?.exits(way),
    });
  }

  #tracker(dpid: string): SwitchTracker | undefined {
    return this.#context.tracker(dpid);
  }
}
