import type { ControllerEvent } from "../../contract/events.ts";
import type { Counters } from "../../counters/index.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import { YieldTimer } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { HostLearning } from "../discovery/host-learning.ts";
import type { LinkFinder } from "../discovery/link-finder.ts";
import { logLinkChange } from "../discovery/link-log.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import type { PortMemory } from "../network/port-memory.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyEntry,
  type PolicyRegistry,
} from "../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";
import { writtenPolicyView } from "../views/policy-view.ts";
import type { Compilation, DesiredDelta } from "./compilation.ts";
import { RerouteEvents } from "./reroute-events.ts";

/** The inputs, the compile, and those who follow what it says. */
export interface DesiredStateDeps {
  readonly book: PolicyRegistry;
  readonly taps: TapSuspension;
  readonly network: Network;
  readonly compilation: Compilation;
  readonly reconciler: Reconciler;
  readonly board: PolicyStatusTracker;
  readonly counters: Counters;
  /** Undefined: links are not discovered. */
  readonly links: LinkFinder | undefined;
  readonly learning: HostLearning;
  readonly ports: PortMemory;
  readonly events: EventBus;
  readonly logger: Logger;
}

/**
 * From an input that changed to what is wanted on the switches: compiles what depends on it, tells of
 * it, and hands the difference to the reconciler and to those who watch plans. One burst of changes of
 * the network is compiled once.
 */
export class DesiredState {
  readonly #parts: DesiredStateDeps;
  readonly #reroutes: RerouteEvents;
  #topologyDirty = false;
  /** Policies whose plans the network has changed, and nobody has been told yet. */
  readonly #untold = new Set<PolicyId>();
  #isTelling = false;
  #changes = 0;

  constructor(parts: DesiredStateDeps) {
    this.#parts = parts;
    const { events, logger, reconciler } = parts;
    const confirmed = () => reconciler.confirmed();
    this.#reroutes = new RerouteEvents({ events, logger, clock: systemClock, confirmed });
  }

  /** How often the desired state has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** The network is not what it was: it will be compiled after the present burst of events. */
  networkChanged(): void {
    if (this.#topologyDirty) return;
    this.#topologyDirty = true;
    setImmediate(() => this.compileTopology());
  }

  /** Compiles now what is due. */
  compileTopology(): void {
    if (!this.#topologyDirty) return;
    const { links, network, ports, learning, compilation } = this.#parts;
    // First: what has just come up must not be forwarded to before it is known what it leads to.
    links?.follow();
    this.#topologyDirty = false;
    const { topology } = network;
    const events = network.takeEvents();
    for (const event of events) this.#publish(event);
    ports.keep(topology);
    learning.networkChanged(topology);
    this.#reroutes.follow(events, () => {
      const delta = compilation.setTopology(topology);
      this.#reroute(delta);
      return delta;
    });
  }

  /** Compiles policies of the book as they are to be in effect. */
  compilePolicies(ids: Iterable<PolicyId>): void {
    const { book, taps, compilation } = this.#parts;
    const upsert: Policy[] = [];
    for (const id of ids) {
      const entry = book.get(id);
      if (entry) upsert.push(taps.effective(entry));
    }
    this.#desire(compilation.edit({ upsert }));
  }

  /** A policy is on disk: it becomes part of the book. */
  policyWritten(entry: PolicyEntry, before: KnownPolicy | undefined): void {
    const { book, taps, events, logger } = this.#parts;
    const { policy, revision, origin } = entry;
    book.set(entry);
    const written = { id: policy.id, revision, origin, new: writtenPolicyView(entry) };
    events.publish(
      before
        ? { type: "policyReplaced", ...written, old: writtenPolicyView(before) }
        : { type: "policyCreated", ...written },
    );
    logger.info({ policy: policy.id, revision }, before ? "policy replaced" : "policy created");
    // What the guard said was of the policy as it was.
    taps.writes.forgetPolicy(policy.id);
    this.compilePolicies([policy.id]);
  }

  /** A policy is off the disk. */
  policyDeleted(old: KnownPolicy): void {
    const { book, taps, events, logger, compilation, board, counters } = this.#parts;
    const id = idOf(old);
    book.delete(id);
    taps.writes.forgetPolicy(id);
    events.publish({ type: "policyDeleted", id, old: writtenPolicyView(old) });
    logger.info({ policy: id }, "policy deleted");
    this.#desire(compilation.edit({ remove: [id] }));
    board.plansChanged([id]);
    counters.plansChanged([id]);
  }

  #publish(event: ControllerEvent): void {
    if (event.type === "linkChanged") logLinkChange(this.#parts.logger, event);
    this.#parts.events.publish(event);
  }

  #desire({ switches, changed }: DesiredDelta): void {
    this.#changes++;
    const { counters, reconciler, board, taps } = this.#parts;
    for (const id of changed) this.#untold.delete(id);
    counters.plansChanged(changed);
    for (const [dpid, edit] of switches) reconciler.edit(dpid, edit);
    board.plansChanged(changed);
    taps.planned(changed);
  }

  /**
   * As `desire`, for a change of the network: frames may be lost until switches know, and the plans of
   * very many policies may be others. So switches come first; those who watch plans are told in turns.
   */
  #reroute({ switches, changed }: DesiredDelta): void {
    this.#changes++;
    for (const [dpid, edit] of switches) this.#parts.reconciler.edit(dpid, edit);
    for (const id of changed) this.#untold.add(id);
    if (this.#untold.size > 0 && !this.#isTelling) void this.#tellOfPlans();
  }

  async #tellOfPlans(): Promise<void> {
    const { counters, board, taps } = this.#parts;
    this.#isTelling = true;
    const turns = new YieldTimer();
    await turns.yieldNow();
    for (const id of this.#untold) {
      this.#untold.delete(id);
      counters.plansChanged([id]);
      board.plansChanged([id]);
      taps.planned([id]);
      if (turns.shouldYield) await turns.yieldNow();
    }
    this.#isTelling = false;
  }
}
