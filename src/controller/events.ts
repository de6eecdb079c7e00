// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../contract/events.ts";

/** Passes every event to every listener, in order. */
export class EventBus {
  readonly #listeners = new Set<(event: ControllerEvent) => void>();

  /** Calls back for every event from now on; returns a function that ends this. */
  subscribe(listener: (event: ControllerEvent) => void): () => void {
    // A listener may subscribe twice: each subscription is its own.
    const own = (event: ControllerEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  publish(event: ControllerEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
