// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../contract/events.ts";
import type { Steps } from "../lang/steps.ts";
import { StepQueue, YieldTimer } from "../runtime/index.ts";

/** Longest uninterrupted publishing, in milliseconds: what causes the events has a slice of the same turn. */
const SLICE_MS = 3;

/** How a set of entries has changed, as events report it; one of the sets is not empty. */
export function transitionOf<T extends { readonly count: number }>(old: T, now: T) {
  const state = old.count === 0 ? "begun" : now.count === 0 ? "ended" : "changed";
  return {
    state,
    ...(old.count > 0 ? { old } : {}),
    ...(now.count > 0 ? { new: now } : {}),
  } as const;
}

/**
 * Passes every event to every listener, in order. An event is passed on at once, unless many events before
 * it are still being passed on.
 */
export class EventBus {
  readonly #listeners = new Set<(event: ControllerEvent) => void>();
  readonly #queue = new StepQueue(() => new YieldTimer(SLICE_MS));

  /** Calls back for every event from now on; returns a function that ends this. */
  subscribe(listener: (event: ControllerEvent) => void): () => void {
    // A listener may subscribe twice: each subscription is its own.
    const own = (event: ControllerEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  publish(event: ControllerEvent): void {
    this.publishAll([event]);
  }

  /**
   * Publishes many events, in slices of the event loop; each is made only when its turn comes. Undefined stands
   * for work of which no event has come.
   */
  publishAll(events: Iterable<ControllerEvent | undefined>): void {
    this.#queue.add("ordinary", () => this.#publishing(events));
  }

  *#publishing(events: Iterable<ControllerEvent | undefined>): Steps<void> {
    for (const event of events) {
      if (event !== undefined) for (const listener of [...this.#listeners]) listener(event);
      yield;
    }
  }
}
