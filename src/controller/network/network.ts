// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import type { HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { PortView } from "../../contract/switches.ts";
import { mapDifferences } from "../../lang/persistent-map.ts";
import type { Steps } from "../../lang/steps.ts";
import { YieldTimer } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import {
  type Link,
  portsOfOtherRole,
  type Switch,
  type Topology,
  type TopologyEvent,
  type TopologyState,
  topologyChangeSteps,
  topologyChanges,
} from "../../topology/index.ts";
import { hostView, linkView, rolePortView, switchFactsView } from "../views/network-view.ts";

/** Longest uninterrupted work on a topology, in milliseconds. */
const SLICE_MS = 5;
/** As often the making of a topology begins again because the network has changed meanwhile. */
const MOST_RESTARTS = 10;

/** A link that appeared, disappeared or changed. */
export type LinkEvent = Extract<ControllerEvent, { readonly type: "linkChanged" }>;

/** What is different from earlier. */
interface TakenEvents {
  readonly links: readonly LinkEvent[];
  /**
   * All, in the order in which they are published; to be read once. Undefined: a host has been compared that
   * looks as before.
   */
  readonly events: Iterable<ControllerEvent | undefined>;
}

/** The network as the controller knows it: the one holder of the topology state. */
export class Network {
  #state: TopologyState;
  /** The topology up to which `takeEvents` has reported changes. */
  #reported: Topology;
  readonly #changed = new Listeners<[]>();
  readonly #now: () => string;
  /** When links entered their present state, by their ends. */
  readonly #since = new Map<string, string>();

  /** `now`: the wall clock, ISO 8601 in UTC. */
  constructor(state: TopologyState, now: () => string = () => new Date().toISOString()) {
    this.#state = state;
    this.#reported = state.topology;
    this.#now = now;
    const start = now();
    for (const link of this.#reported.links) this.#since.set(linkKey(link), start);
  }

  /** Calls back after every change of the state. */
  subscribe(listener: () => void): void {
    this.#changed.add(listener);
  }

  /** When a link entered its present state, as ISO 8601; the start of the process at the earliest. */
  since(link: Link): string | undefined {
    return this.#since.get(linkKey(link));
  }

  get state(): TopologyState {
    return this.#state;
  }

  get topology(): Topology {
    return this.#state.topology;
  }

  /**
   * Calls back when the topology of the latest state is made, and compared with that of the last
   * `takeEvents`: at once, if that takes no more than a slice of a turn of the event loop; of thousands of
   * hosts that a change concerns, after some turns.
   */
  whenMade(callback: () => void): void {
    const slice = new YieldTimer(SLICE_MS);
    let [state, restarts] = [this.#state, 0];
    let making = this.#making(state);
    const go = () => {
      if (state !== this.#state) {
        state = this.#state;
        making = this.#making(state);
        restarts++;
      }
      // A network that changes in every turn must not delay its updates for ever.
      while (making.next().done !== true) {
        if (!slice.shouldYield || restarts > MOST_RESTARTS) continue;
        void slice.yieldNow().then(go);
        return;
      }
      callback();
    };
    go();
  }

  *#making(state: TopologyState): Steps<void> {
    yield* state.building();
    yield* topologyChangeSteps(this.#reported, state.topology);
  }

  apply(event: TopologyEvent): void {
    this.replace(this.#state.apply(event));
  }

  replace(state: TopologyState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changed.notify();
  }

  /**
   * Puts a change into effect when the topology with it is made, in steps. What reads the network meanwhile finds
   * the one before, and need not make one of thousands of hosts at once.
   */
  *replacing(change: (state: TopologyState) => TopologyState): Steps<void> {
    for (let restarts = 0; restarts < MOST_RESTARTS; restarts++) {
      const before = this.#state;
      const now = change(before);
      if (now === before) return;
      yield* now.building();
      if (before === this.#state) {
        this.replace(now);
        return;
      }
    }
    this.replace(change(this.#state));
  }

  /** What has changed since the previous call. Ports and hosts may be very many: events are made as they are read. */
  takeEvents(): TakenEvents {
    const before = this.#reported;
    const now = this.topology;
    this.#reported = now;
    const links = linkDifferences(before, now);
    if (links.length > 0) this.#noteLinks(links);
    const linkChanges = linkEvents(before, now, links);
    return { links: linkChanges, events: topologyEvents(before, now, linkChanges) };
  }

  #noteLinks(differences: LinkDifferences): void {
    const now = this.#now();
    for (const [, old, link] of differences) {
      if (link && (old?.up !== link.up || old.state !== link.state)) {
        this.#since.set(linkKey(link), now);
      } else if (old && !link) this.#since.delete(linkKey(old));
    }
  }
}

type LinkDifferences = ReturnType<typeof linkDifferences>;

/** The links that were added, removed or changed, by key. */
function linkDifferences(before: Topology, after: Topology) {
  if (before.links === after.links) return [];
  return [...mapDifferences(linksByKey(before), linksByKey(after))];
}

/** The differences between two snapshots: of switches, ports, links and hosts. */
export function* topologyEvents(
  before: Topology,
  after: Topology,
  links = linkEvents(before, after),
): Generator<ControllerEvent | undefined> {
  yield* forgottenSwitches(before, after);
  yield* changedSwitches(before, after);
  for (const found of after.switches.values()) yield* portEvents(before, after, found);
  yield* links;
  yield* hostEvents(before, after);
}

function linkEvents(
  before: Topology,
  after: Topology,
  differences = linkDifferences(before, after),
): LinkEvent[] {
  return differences.flatMap(([, old, now]) => {
    const views = [old && linkView(before, old), now && linkView(after, now)] as const;
    return differ(...views) ? [{ type: "linkChanged", ...sides<LinkView>(...views) }] : [];
  });
}

function* hostEvents(before: Topology, after: Topology): Generator<ControllerEvent | undefined> {
  for (const { old, now } of topologyChanges(before, after).hosts.values()) {
    const views = [old && hostView(before, old), now && hostView(after, now)] as const;
    yield differ(...views) ? { type: "hostChanged", ...sides<HostView>(...views) } : undefined;
  }
}

/** A quarantined switch is forgotten when it disconnects; `switchDisconnected` reports that. */
function* forgottenSwitches(before: Topology, after: Topology): Generator<ControllerEvent> {
  for (const last of before.switches.values()) {
    const { dpid, name, connected } = last;
    if (connected || after.switches.has(dpid)) continue;
    yield { type: "switchForgotten", dpid, switch: name, old: switchFactsView(last) };
  }
}

/** Switches whose facts changed; `switchConnected` reports a connected one that was not known before. */
function* changedSwitches(before: Topology, after: Topology): Generator<ControllerEvent> {
  for (const found of after.switches.values()) {
    const { dpid, name, connected } = found;
    const last = before.switches.get(dpid);
    if (last === found || (!last && connected)) continue;
    const [old, now] = [last && switchFactsView(last), switchFactsView(found)];
    if (!differ(old, now)) continue;
    yield { type: "switchChanged", dpid, switch: name, ...(old ? { old } : {}), new: now };
  }
}

/** Ports that appeared, disappeared or have another role: a discovered link changes two of them. */
function* portEvents(before: Topology, after: Topology, found: Switch): Generator<ControllerEvent> {
  const { dpid, name } = found;
  const last = before.switches.get(dpid);
  // The ports of a switch that has just connected belong to its `switchConnected` event.
  if (!last?.portsKnown || !last.connected) return;
  if (last === found && before.links === after.links) return;
  const changed = portsOfOtherRole(before, after, { old: last, now: found });
  for (const [no] of mapDifferences(last.ports, found.ports)) changed.add(no);
  for (const no of changed) {
    const [old, now] = [last.ports.get(no), found.ports.get(no)];
    // A snapshot reuses unchanged ports; what else is shown of a port is its role.
    if (old === now && before.portRole(dpid, no) === after.portRole(dpid, no)) continue;
    const views = [
      old && rolePortView(before, dpid, old),
      now && rolePortView(after, dpid, now),
    ] as const;
    yield { type: "portChanged", dpid, switch: name, ...sides<PortView>(...views) };
  }
}

function linksByKey({ links }: Topology): Map<string, Link> {
  return new Map(links.map((link) => [linkKey(link), link]));
}

function linkKey({ a, b }: Link): string {
  return `${a.dpid} ${a.written} ${b.dpid} ${b.written}`;
}

function differ(old: object | undefined, now: object | undefined): boolean {
  return JSON.stringify(old) !== JSON.stringify(now);
}

function sides<V>(old: V | undefined, now: V | undefined): { readonly old?: V; readonly new?: V } {
  return { ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) };
}
