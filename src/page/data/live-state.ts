// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import type { HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { StatusView } from "../../contract/status.ts";
import type { SwitchView } from "../../contract/switches.ts";

/** An event as the stream sends it. `gap`: events were missed. */
export type LiveEvent = (ControllerEvent | { readonly type: "gap" }) & {
  /** Absent for a gap. */
  readonly time?: string;
};

/** What the page knows of the controller. Undefined members are not read yet. */
export interface LiveState {
  readonly status: StatusView | undefined;
  readonly switches: readonly SwitchView[] | undefined;
  /** By MAC address. */
  readonly hosts: ReadonlyMap<string, HostView> | undefined;
  /** By `linkKey`. */
  readonly links: ReadonlyMap<string, LinkView> | undefined;
}

export const NOTHING: LiveState = {
  status: undefined,
  switches: undefined,
  hosts: undefined,
  links: undefined,
};

/** The parts of the state that the server has to be asked for. */
export type Part = keyof LiveState;

/** The state after events, and the parts that have to be read again because events do not say enough. */
export interface Reduced {
  readonly state: LiveState;
  readonly stale: ReadonlySet<Part>;
}

const ALL: readonly Part[] = ["status", "switches", "hosts", "links"];

/** Identifies a link by its ends. */
export function linkKey({ a, b }: Pick<LinkView, "a" | "b">): string {
  return [`${a.dpid}:${a.port}`, `${b.dpid}:${b.port}`].sort().join(" ");
}

/** What events make of the state. Parts that are not read yet stay so: reading them gives the newest. */
export function reduceEvents(before: LiveState, events: readonly LiveEvent[]): Reduced {
  const draft = new Draft(before);
  for (const event of events) draft.apply(event);
  return draft.result();
}

/** The state while events are applied: each map is copied once, at its first change. */
class Draft {
  readonly #before: LiveState;
  readonly #stale = new Set<Part>();
  #status: StatusView | undefined;
  #hosts: Map<string, HostView> | undefined;
  #links: Map<string, LinkView> | undefined;

  constructor(before: LiveState) {
    this.#before = before;
    this.#status = before.status;
  }

  result(): Reduced {
    const { switches, hosts, links } = this.#before;
    return {
      state: {
        status: this.#status,
        switches,
        hosts: this.#hosts ?? hosts,
        links: this.#links ?? links,
      },
      stale: this.#stale,
    };
  }

  apply(event: LiveEvent): void {
    switch (event.type) {
      case "gap":
        for (const part of ALL) this.#stale.add(part);
        return;
      case "policyCreated":
      case "policyDeleted":
      case "policyStatus":
        // It has the numbers of policies by state.
        this.#stale.add("status");
        return;
      case "tapsSuspended": {
        const { type: _, time: _time, ...notes } = event;
        this.#setTaps({ state: "suspended", ...notes });
        return;
      }
      case "tapsResumed":
        this.#setTaps({ state: "running" });
        return;
      case "hostChanged":
        this.#changeHost(event);
        return;
      case "linkChanged":
        this.#changeLink(event);
        return;
      default:
        if ("switch" in event) this.#stale.add("switches");
    }
  }

  #setTaps(taps: StatusView["taps"]): void {
    this.#status = this.#status && { ...this.#status, taps };
    this.#stale.add("status");
  }

  #changeHost(event: { readonly old?: HostView; readonly new?: HostView }): void {
    const { hosts } = this.#before;
    this.#hosts ??= hosts && new Map(hosts);
    if (event.old && event.old.mac !== event.new?.mac) this.#hosts?.delete(event.old.mac);
    if (event.new) this.#hosts?.set(event.new.mac, event.new);
  }

  #changeLink(event: { readonly old?: LinkView; readonly new?: LinkView }): void {
    const { links } = this.#before;
    this.#links ??= links && new Map(links);
    if (event.old) this.#links?.delete(linkKey(event.old));
    if (event.new) this.#links?.set(linkKey(event.new), event.new);
    // Since when, and which links are in the spanning tree, events do not say.
    this.#stale.add("links");
  }
}
