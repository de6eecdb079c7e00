// SPDX-License-Identifier: Apache-2.0
import type { LiveEvent } from "../data/live-state.ts";
import type { ReceivedEvent } from "../data/store.ts";
import { eventText } from "./event-text.ts";

/** Events that belong together: the first line, and those below it. */
export interface EventGroup {
  readonly head: ReceivedEvent;
  readonly others: readonly ReceivedEvent[];
}

/** How far apart events of one cause are, at most. */
const TOGETHER_MS = 2000;

/** Events that are consequences of others near them. */
const CAUSES: readonly string[] = [
  "rerouted",
  "tapsSuspended",
  "tapsResumed",
  "switchDisconnected",
];

/**
 * Newest first. What happens to one object within two seconds is one group, whose head is the newest event; a
 * cause such as a `rerouted` is the head of all that follow it in this time.
 */
export function groupEvents(events: readonly ReceivedEvent[]): EventGroup[] {
  const groups: { head: ReceivedEvent; others: ReceivedEvent[] }[] = [];
  for (const received of [...events].reverse()) {
    const open = groups.filter(({ head }) => isNear(head.event, received.event));
    if (isCause(received.event)) {
      const caused = open.filter(({ head }) => !isCause(head.event));
      const others = caused.flatMap((group) => [group.head, ...group.others]);
      for (const group of caused) groups.splice(groups.indexOf(group), 1);
      groups.push({ head: received, others });
      continue;
    }
    const object = eventText(received.event).object;
    const same = open.find(
      ({ head }) => isCause(head.event) || eventText(head.event).object === object,
    );
    if (same) same.others.push(received);
    else groups.push({ head: received, others: [] });
  }
  return groups;
}

function isCause({ type }: LiveEvent): boolean {
  return CAUSES.includes(type);
}

function isNear(later: LiveEvent, earlier: LiveEvent): boolean {
  if (later.type === "gap" || earlier.type === "gap") return false;
  return Math.abs(Date.parse(later.time ?? "") - Date.parse(earlier.time ?? "")) <= TOGETHER_MS;
}

/** The kinds by which events can be filtered. */
export const EVENT_KINDS = {
  policies: ["policy", "group", "taps"],
  switches: ["switch", "entries", "port", "role", "forged"],
  links: ["link", "rerouted", "probe"],
  hosts: ["host"],
} as const;

export type EventKind = keyof typeof EVENT_KINDS;

/** Events of a kind whose line contains a text; an undefined kind is every kind. */
export function filterEvents(
  events: readonly ReceivedEvent[],
  { kind, text }: { readonly kind: EventKind | undefined; readonly text: string },
): ReceivedEvent[] {
  const asked = text.trim().toLowerCase();
  return events.filter(({ event }) => {
    const ofKind =
      kind === undefined || EVENT_KINDS[kind].some((prefix) => event.type.startsWith(prefix));
    if (!ofKind && event.type !== "gap") return false;
    if (asked === "") return true;
    const said = eventText(event);
    return `${event.type} ${said.object} ${said.text}`.toLowerCase().includes(asked);
  });
}
