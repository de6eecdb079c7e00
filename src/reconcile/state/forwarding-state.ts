// SPDX-License-Identifier: Apache-2.0
import { categoryOf, type FlowKey, type FlowSpec } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { InstalledFlow, InstalledGroup } from "../model/installed.ts";
import type { EntryStatus } from "./entry-status.ts";
import { floodedPorts, opens } from "./flooded-ports.ts";
import type { InFlightView } from "./in-flight.ts";
import { forwardsAsDesired, PendingOriginals } from "./production-frames.ts";

/** Frames for a host that enter a switch. */
export interface HostFrames {
  readonly mac: number;
  readonly inPort: number;
  /** Base forwarding's entry for the host. */
  readonly key: FlowKey;
  /** The entry that would drop every frame from that port. */
  readonly shut: FlowKey;
}

/** What production forwarding depends on: the switch's entries. */
export interface ForwardingSource {
  readonly desired: ReadonlyMap<FlowKey, FlowSpec>;
  readonly installed: ReadonlyMap<FlowKey, InstalledFlow>;
  readonly groups: { readonly installed: ReadonlyMap<number, InstalledGroup> };
  readonly inFlight: InFlightView;
  /** The tables have been read at least once. */
  readonly isRead: boolean;
  readonly status: EntryStatus;
}

/** What one switch does with production frames, as far as it has confirmed. */
export class ForwardingState {
  readonly #switch: ForwardingSource;
  readonly #pendingOriginals = new PendingOriginals();
  /** Ports that the switch floods to; undefined: to be computed. */
  #flooded: ReadonlySet<number> | undefined;

  constructor(source: ForwardingSource) {
    this.#switch = source;
  }

  /** Whether the switch forwards frames for a host as desired, whatever taps match them. */
  isReadyFor({ mac, key, inPort, shut }: HostFrames): boolean {
    const { isRead, installed, inFlight } = this.#switch;
    if (!this.#switch.status.isSettled(key)) return false;
    if (!isRead) return true;
    const isShut = installed.has(shut) || inFlight.touches(shut);
    return !isShut && !this.#pendingOriginals.concerns(mac, inPort);
  }

  /** The port that base forwarding's entry for a host sends to, as confirmed. */
  exit(key: FlowKey): number | undefined {
    return outputOf(this.#switch.installed.get(key)?.actions);
  }

  desiredExit(key: FlowKey): number | undefined {
    return outputOf(this.#switch.desired.get(key)?.actions);
  }

  /**
   * The ports that frames for a host may leave by until everything is as desired. Undefined when they
   * are unknown: a change to an earlier desired entry is in flight, or entries of taps are pending.
   */
  exits({ key, mac }: Pick<HostFrames, "key" | "mac">): readonly number[] | undefined {
    const { isRead, inFlight } = this.#switch;
    const isOther = inFlight.hasUncertain || inFlight.isOutdated(key);
    if (!isRead || isOther || this.#pendingOriginals.has(mac)) return undefined;
    const [now, then] = [this.exit(key), this.desiredExit(key)];
    return now === undefined || then === undefined ? undefined : [now, then];
  }

  /** The ports that the switch floods to, as confirmed; `floodKey` is the entry that floods. */
  flooded(floodKey: FlowKey): ReadonlySet<number> {
    const { installed, groups } = this.#switch;
    this.#flooded ??= floodedPorts({ flows: installed, groups: groups.installed }, floodKey);
    return this.#flooded;
  }

  /**
   * Whether, as last confirmed, the switch neither sends floods to a port nor accepts any there. A
   * switch that has never been read counts as empty.
   */
  isClosed(port: number, drop: FlowKey, floodKey: FlowKey): boolean {
    const { isRead, inFlight, desired, installed } = this.#switch;
    if (!isRead) return true;
    const spec = desired.get(drop);
    if (inFlight.hasUncertain || spec === undefined) return false;
    if (installed.get(drop)?.fulfils !== spec || this.flooded(floodKey).has(port)) return false;
    return !inFlight.changes.some((change) => opens(change, port, drop));
  }

  /** The switch has confirmed changes. */
  tablesChanged(): void {
    this.#flooded = undefined;
  }

  /** The tables have been read. */
  *loading(): Steps<void> {
    this.#flooded = undefined;
    this.#pendingOriginals.clear();
    yield* forEach(this.#switch.installed.values(), (flow) => this.reviewFlow(flow));
  }

  /** Determines again whether an entry of a tap forwards production frames as desired. */
  review(key: FlowKey): void {
    const flow = this.#switch.installed.get(key);
    if (flow) this.reviewFlow(flow);
  }

  reviewFlow(flow: InstalledFlow): void {
    if (categoryOf(flow.cookie) !== "rewriting") return;
    const { key } = flow;
    const { desired } = this.#switch;
    const isPending =
      !this.#switch.status.isRefused(key) && !forwardsAsDesired(flow, desired.get(key));
    this.#pendingOriginals.note(flow, key, isPending);
  }

  /** The desired entry of a key, `spec` or its removal, has changed. */
  desiredChanged(key: FlowKey, spec: FlowSpec): void {
    const flow = this.#switch.installed.get(key);
    // The change in flight is for an earlier desired entry: its effect is unknown until the answer.
    if (spec.category === "rewriting" && this.#switch.inFlight.touches(key)) {
      this.#pendingOriginals.note(spec, key, true);
    } else if (flow) this.reviewFlow(flow);
  }

  flowDeleted(flow: InstalledFlow): void {
    this.#pendingOriginals.note(flow, flow.key, false);
  }
}

/** What the forwarding order reads of a switch. */
export type ForwardingView = Pick<
  ForwardingState,
  "isReadyFor" | "exit" | "desiredExit" | "exits" | "flooded" | "isClosed"
>;

/** The port of an action list that is a single output. */
function outputOf(actions: FlowSpec["actions"] | undefined): number | undefined {
  const [action] = actions ?? [];
  return action?.type === "output" && actions?.length === 1 ? action.port : undefined;
}
