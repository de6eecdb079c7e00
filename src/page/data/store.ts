// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import type { PolicyState } from "../../contract/policies.ts";
import { type LiveEvent, type LiveState, NOTHING } from "./live-state.ts";
import { namedRows } from "./named-rows.ts";

/** What the page knows of the controller; `live.ts` keeps it up to date. */
export const live = signal<LiveState>(NOTHING);

export const status = computed(() => live.value.status);
export const switches = computed(() => live.value.switches);
export const hosts = computed(() => live.value.hosts);
const rows = computed(() => live.value.policies);
/** By id, with the names of hosts; undefined until they are read. */
export const policies = computed(
  () => rows.value && (hosts.value ? namedRows(rows.value, hosts.value) : rows.value),
);
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

export function keepEvents(events: readonly LiveEvent[]): void {
  const added = events.map((event) => ({ number: ++received, event }));
  recentEvents.value = [...recentEvents.value, ...added].slice(-KEPT_EVENTS);
}

/** Number of policies by state; undefined: not known yet. */
export const policyCounts = computed(() => {
  const known = policies.value;
  if (!known) return status.value?.policies;
  const byState: Record<PolicyState, number> = {
    active: 0,
    degraded: 0,
    error: 0,
    pending: 0,
    disabled: 0,
    expired: 0,
    suspended: 0,
  };
  for (const { state } of known.values()) byState[state]++;
  return { total: known.size, byState };
});
