// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import { type LiveEvent, type LiveState, NOTHING } from "./live-state.ts";
import type { Rates } from "./rates.ts";

/** What the page knows of the controller; `live.ts` keeps it up to date. */
export const live = signal<LiveState>(NOTHING);

export const status = computed(() => live.value.status);
export const switches = computed(() => live.value.switches);
export const hosts = computed(() => live.value.hosts);
export const links = computed(() => live.value.links);

/** How the page is connected to the controller. Times are those of `Date.now()`. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: number; readonly retryAt: number };

export const connection = signal<Connection>({ state: "connecting" });

/** Whether writes make sense: they are rejected, not queued, while there is no connection. */
export const isLive = computed(() => connection.value.state === "live");

/** An event with its number of arrival. */
export interface ReceivedEvent {
  readonly number: number;
  readonly event: LiveEvent;
}

/** The latest events, oldest first. */
export const recentEvents = signal<readonly ReceivedEvent[]>([]);

/** Most events that the page keeps. */
const KEPT_EVENTS = 1000;

let received = 0;

type EventListener = (events: readonly LiveEvent[]) => void;

const listeners = new Set<EventListener>();

/** Calls back with all events from now on; returns what ends it. */
export function followEvents(listener: EventListener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function keepEvents(events: readonly LiveEvent[]): void {
  const added = events.map((event) => ({ number: ++received, event }));
  recentEvents.value = [...recentEvents.value, ...added].slice(-KEPT_EVENTS);
  for (const listener of listeners) listener(events);
}

/** Number of policies by state; undefined: not known yet. */
export const policyCounts = computed(() => status.value?.policies);

/** Measured rates, while something shows them; undefined: not known, or the server has none. */
export const rates = signal<Rates | undefined>(undefined);
