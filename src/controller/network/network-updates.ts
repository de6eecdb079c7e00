// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import { YieldTimer } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Topology } from "../../topology/index.ts";
import type { Network } from "./network.ts";

/** Preparations that take longer leave the subscribers to the next turn, in milliseconds. */
const LONG_MS = 5;

/** What one burst of changes made of the network. */
export interface NetworkUpdate {
  readonly topology: Topology;
  /** What is different of switches, ports and links from the previous update. */
  readonly events: readonly ControllerEvent[];
}

/** An update with the events of hosts, which may be very many: they are made as they are read, once. */
export interface FullNetworkUpdate extends NetworkUpdate {
  readonly hostEvents: Iterable<ControllerEvent>;
}

/**
 * Announces changes of the network, each burst once: changes of one turn of the event loop become one
 * update, after that turn or at `flush`.
 *
 * An update has two phases. Preparations come first and may still change the network; these changes
 * belong to the same update. Then subscribers receive it, in the order in which they subscribed. A
 * subscriber that changes the network causes another update.
 */
export class NetworkUpdates {
  readonly #network: Network;
  readonly #preparations = new Listeners<[]>();
  readonly #subscribers = new Listeners<[FullNetworkUpdate]>();
  #isPending = false;

  constructor(network: Network) {
    this.#network = network;
    network.subscribe(() => this.schedule());
  }

  prepare(step: () => void): void {
    this.#preparations.add(step);
  }

  subscribe(listener: (update: FullNetworkUpdate) => void): void {
    this.#subscribers.add(listener);
  }

  /** Announces an update after the present burst of events, even if only a preparation has news. */
  schedule(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    setImmediate(() => this.#network.whenMade(() => this.#flushInTurns()));
  }

  /** Of a switch with thousands of ports preparations take long: subscribers then have a turn of their own. */
  #flushInTurns(): void {
    if (!this.#isPending) return;
    const timer = new YieldTimer(LONG_MS);
    // Still pending: changes that a preparation makes need no update of their own.
    this.#preparations.notify();
    if (timer.shouldYield) setImmediate(() => this.flush());
    else this.#announce();
  }

  /** Announces the pending update, if any, immediately. */
  flush(): void {
    if (!this.#isPending) return;
    this.#preparations.notify();
    this.#announce();
  }

  #announce(): void {
    this.#isPending = false;
    const { topology } = this.#network;
    this.#subscribers.notify({ topology, ...this.#network.takeEvents() });
  }
}
