// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import { YieldTimer } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Topology } from "../../topology/index.ts";
import type { LinkEvent, Network } from "./network.ts";

/** Longest uninterrupted work on an update, apart from a preparation or a subscriber, in milliseconds. */
const SLICE_MS = 5;

/** What one burst of changes made of the network. */
export interface NetworkUpdate {
  readonly topology: Topology;
  /** The links that are different from the previous update. */
  readonly links: readonly LinkEvent[];
}

/** An update with all events, which may be very many: they are made as they are read, once. */
export interface FullNetworkUpdate extends NetworkUpdate {
  readonly events: Iterable<ControllerEvent | undefined>;
}

/**
 * Announces changes of the network, each burst once: changes of one turn of the event loop become one
 * update, after that turn or at `flush`.
 *
 * An update has two phases. Preparations come first and may still change the network; these changes
 * belong to the same update. Then subscribers receive it, in the order in which they subscribed. A
 * subscriber that changes the network causes another update.
 *
 * Of a change that concerns thousands of ports or hosts, each part takes long: an update then takes several
 * turns. The next one begins after it.
 */
export class NetworkUpdates {
  readonly #network: Network;
  readonly #preparations = new Listeners<[]>();
  readonly #subscribers: ((update: FullNetworkUpdate) => void)[] = [];
  /** What is still to be called back with the present update. */
  #left: (() => void)[] = [];
  /** What is to be called back when the next update is announced. */
  #ofNext: (() => void)[] = [];
  #isPending = false;

  constructor(network: Network) {
    this.#network = network;
    network.subscribe(() => this.schedule());
  }

  /** Whether all changes so far have been announced to all subscribers. */
  get isIdle(): boolean {
    return !this.#isPending && this.#left.length === 0;
  }

  prepare(step: () => void): void {
    this.#preparations.add(step);
  }

  subscribe(listener: (update: FullNetworkUpdate) => void): void {
    this.#subscribers.push(listener);
  }

  /** Announces an update after the present burst of events, even if only a preparation has news. */
  schedule(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    setImmediate(() => this.#network.whenMade(() => this.#inTurns()));
  }

  #inTurns(): void {
    if (!this.#isPending) return;
    if (this.#left.length > 0) {
      setImmediate(() => this.#inTurns());
      return;
    }
    const slice = new YieldTimer(SLICE_MS);
    this.#prepare();
    let isSameTurn = true;
    const announce = () => {
      // Perhaps it has been announced at once meanwhile.
      if (!this.#isPending) return;
      // What has come since is announced, too, and so prepared.
      if (!isSameTurn) this.#prepare();
      this.#announce(slice);
    };
    // A preparation may have changed the network.
    const make = () => this.#network.whenMade(announce);
    if (slice.shouldYield) void slice.yieldNow().then(make);
    else make();
    isSameTurn = false;
  }

  /** Calls back when what has changed so far is announced to all subscribers: at once, if it is. */
  whenAnnounced(callback: () => void): void {
    if (this.isIdle) callback();
    else if (this.#isPending) this.#ofNext.push(callback);
    else this.#left.push(callback);
  }

  /** Announces the pending update, if any, immediately. */
  flush(): void {
    this.#deliver();
    if (!this.#isPending) return;
    this.#prepare();
    this.#announce();
  }

  #prepare(): void {
    // Still pending: changes that a preparation makes need no update of their own.
    this.#preparations.notify();
  }

  #announce(slice?: YieldTimer): void {
    this.#isPending = false;
    const { topology } = this.#network;
    const update = { topology, ...this.#network.takeEvents() };
    this.#left = this.#subscribers.map((subscriber) => () => subscriber(update));
    this.#left.push(...this.#ofNext);
    this.#ofNext = [];
    this.#deliver(slice);
  }

  /** Hands the update to those who are left; with `slice` a few in each turn, otherwise at once. */
  #deliver(slice?: YieldTimer): void {
    for (let next = this.#left.shift(); next !== undefined; next = this.#left.shift()) {
      next();
      if (slice?.shouldYield !== true || this.#left.length === 0) continue;
      void slice.yieldNow().then(() => this.#deliver(slice));
      return;
    }
  }
}
