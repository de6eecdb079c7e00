// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import type { Steps } from "../../lang/steps.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import {
  carrierOf,
  type Dpid,
  isMirrored,
  overlayPortName,
  type PatchedPort,
  patchedByName,
  patchKey,
  patchNames,
  patchPort,
  refusalOf,
  type Switch,
  type TapBridge,
  type Topology,
} from "../../topology/index.ts";
import { bridgesOf, type NamedBridge } from "../databases/bridge-settings.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import { MirrorWriter } from "../mirrors/mirror-writer.ts";
import type { Network } from "../network/network.ts";
import type { EntryState, Unmirrored } from "../status/policy-status.ts";
import { describedBridge } from "./described-bridge.ts";
import { desiredPatches } from "./desired-patches.ts";
import type { DesiredPatch, SourceBridge, TunnelPort } from "./desired-rows.ts";
import { Lingering } from "./lingering.ts";
import {
  endpointOf,
  overlayEnd,
  overlayObstacle,
  type TunnelKind,
  tunnelPort,
} from "./overlay-ends.ts";
import {
  bridgeNamed,
  bridgesOfLabel,
  hasOwnRows,
  markOf,
  nameConflict,
  ownPortNames,
  portsOf,
  tapBridgeDpid,
} from "./own-rows.ts";
import { PatchRequests } from "./patch-requests.ts";
import { PortNames } from "./port-names.ts";
import { planTapBridge } from "./tap-bridge-plan.ts";
import type { TapBridgeTargets } from "./tap-bridge-targets.ts";

/** Dependencies of `TapBridges`. */
interface TapBridgesDeps {
  readonly network: Pick<Network, "state" | "topology" | "replace">;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  /** When a policy was created: texts in that order. */
  readonly created: (id: PolicyId) => string;
  readonly databases: Pick<SwitchDatabases, "connected" | "sessionOf">;
  readonly entryState: (ref: EntryRef) => EntryState;
  /** Whether a switch has been read since the process started, and has no entry that is not desired. */
  readonly hasDesiredAlone: (dpid: Dpid) => boolean;
  /** Whether OpenVTAP may write to databases. */
  readonly mayWrite: boolean;
  /** The name of the bridges in their databases. */
  readonly name: string;
  /** Marks rows as those of this OpenVTAP. */
  readonly label: string;
  readonly places: TapBridgeTargets;
  /** How copies cross the network between bridges of OpenVTAP's own. */
  readonly tunnels: TunnelKind;
  readonly clock: Clock;
}

/** Changes that follow each other are handled together, in milliseconds. */
const COALESCE_MS = 20;

const NO_WRITES =
  'mirrors that hand its frames over are rows of its database, and OpenVTAP may not write to it: set "ovsdbWrites": true';

/** The bridges that a session has, and those of them whose frames are handed over. */
interface Hypervisor {
  readonly session: OvsdbSession;
  readonly sources: readonly { readonly dpid: Dpid; readonly bridge: NamedBridge }[];
}

/**
 * The bridges of OpenVTAP's own, one for each database: what policies need of them is computed anew whenever policies,
 * the network or a database have changed, and compared with the rows that the database has. A mirror is made when the
 * entries that copy its frames are confirmed, and a port that no policy needs any longer is removed after a while.
 */
export class TapBridges {
  readonly #deps: TapBridgesDeps;
  readonly #queue = new StepQueue();
  readonly #writer: MirrorWriter;
  readonly #requests = new PatchRequests();
  readonly #lingering: Lingering;
  readonly #listeners = new Listeners<[ids: readonly PolicyId[]]>();
  readonly #bridges = new Listeners<[before: Topology]>();
  /** By the name of the patch port at the source, of each switch. */
  readonly #problems = new Map<Dpid, ReadonlyMap<string, string>>();
  readonly #confirmed = new Map<Dpid, ReadonlySet<string>>();
  readonly #reported = new Map<PolicyId, string>();
  #scheduled: CancelTimer | undefined;
  #isStarted = false;
  /** Mirrors wait for entries. */
  #isWaiting = false;

  constructor(deps: TapBridgesDeps) {
    this.#deps = deps;
    this.#writer = new MirrorWriter(deps.clock, () => this.changed());
    this.#lingering = new Lingering(deps.clock, () => this.changed());
  }

  /** Calls back when statuses of policies may differ. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Calls back when the network has other bridges of OpenVTAP's own than in `before`. */
  subscribeBridges(listener: (before: Topology) => void): void {
    this.#bridges.add(listener);
  }

  /** OpenVTAP listens on these addresses. */
  listening(addresses: Parameters<TapBridgeTargets["listening"]>[0]): void {
    this.#deps.places.listening(addresses);
    this.changed();
  }

  /** Every policy is known: what none needs may be removed from now on. */
  start(): void {
    this.#isStarted = true;
    this.changed();
  }

  close(): void {
    this.#isStarted = false;
    this.#scheduled?.();
    this.#lingering.close();
    this.#writer.close();
  }

  /** Plans have changed; also called for new and deleted policies. */
  plansChanged(ids: readonly PolicyId[]): void {
    let isConcerned = false;
    for (const id of ids) {
      if (this.#requests.set(id, this.#deps.plan(id), this.#deps.created(id))) isConcerned = true;
    }
    if (isConcerned) this.changed();
  }

  networkChanged(): void {
    const isConcerned =
      !this.#requests.isEmpty ||
      this.#mirroredSwitches().length > 0 ||
      this.#deps.network.state.tapBridges.size > 0;
    if (isConcerned) this.changed();
  }

  /** Entries may have been confirmed. */
  entriesChanged(): void {
    if (this.#isWaiting) this.changed();
  }

  /** Policies, the network or a database have changed. */
  changed(): void {
    if (!this.#isStarted || this.#scheduled) return;
    this.#scheduled = this.#deps.clock.after(COALESCE_MS, () => {
      this.#scheduled = undefined;
      this.#queue.add("ordinary", () => this.#following());
    });
  }

  /**
   * Whether the bridge that gets the frames of a switch may hold entries of which nothing is known, from before the process
   * started: its database has not shown the bridge, or the bridge has not been read, or still has what is not desired.
   */
  isUnknown(source: Dpid): boolean {
    const { topology } = this.#deps.network;
    const { forwarding, tapBridge } = topology.switches.get(source) ?? {};
    if (!this.#deps.mayWrite || !isMirrored(forwarding)) return false;
    if (tapBridge === undefined) return true;
    if (tapBridge.dpid === undefined || this.#isShown(source) === false) return false;
    return !this.#deps.hasDesiredAlone(tapBridge.dpid);
  }

  /** Whether there is none of the bridges that get frames of these switches. */
  areAbsent(sources: Iterable<Dpid>): boolean {
    return [...sources].every((source) => this.#isShown(source) === false);
  }

  /** Whether the database of a switch has a bridge of OpenVTAP's own; undefined: it is not connected. */
  #isShown(source: Dpid): boolean | undefined {
    const session = this.#deps.databases.sessionOf(source);
    if (!session?.isConsistent) return undefined;
    return bridgesOfLabel(session.replica, this.#deps.label).length > 0;
  }

  /** Undefined: the policy needs no mirrors, or has all of them. */
  unmirrored(id: PolicyId): Unmirrored | undefined {
    const { topology } = this.#deps.network;
    const errors = new Set<string>();
    const waits = new Set<string>();
    let isServed = false;
    for (const patched of this.#requests.patchesOf(id)) {
      if (patched.use === "copies") continue;
      const found = topology.switches.get(patched.dpid);
      // The plan says why.
      if (refusalOf(found?.tapBridge, patched) !== undefined) continue;
      const source = this.#sourceName(carrierOf(found?.tapBridge, patched));
      if (this.#confirmed.get(patched.dpid)?.has(source)) {
        isServed = true;
        continue;
      }
      // Otherwise the plan says why.
      if (found === undefined || patchPort(topology.switches, patched) === undefined) continue;
      const what = this.#problems.get(patched.dpid)?.get(source);
      const bridge = found.tapBridge?.dpid;
      const problem = bridge === undefined ? undefined : this.#writer.problemOf(bridge);
      if (what !== undefined) errors.add(`switch ${found.name}: ${what}`);
      else if (problem?.isError) errors.add(`switch ${found.name}: ${problem.what}`);
      else if (problem) waits.add(`switch ${found.name}: ${problem.what}`);
      else
        waits.add(`switch ${found.name} has not taken over the mirror of port ${patched.port} yet`);
    }
    if (errors.size + waits.size === 0) return undefined;
    return { errors: [...errors], waits: [...waits], isServed };
  }

  *#following(): Steps<void> {
    const sources = this.#mirroredSwitches();
    if (!this.#deps.mayWrite) {
      const none = {
        dpid: undefined,
        name: this.#deps.name,
        mark: markOf(this.#deps.label),
        obstacle: NO_WRITES,
        refused: new Map(),
      };
      this.#show(new Map(sources.map(({ dpid }) => [dpid, none])));
      return;
    }
    const shown = new Map<Dpid, TapBridge>();
    for (const { dpid } of sources) {
      const known = this.#deps.network.state.tapBridges.get(dpid);
      if (known !== undefined) shown.set(dpid, known);
    }
    this.#isWaiting = false;
    const hypervisors = this.#hypervisors();
    for (const each of hypervisors) {
      yield;
      this.#describe(each, shown);
    }
    this.#show(shown);
    for (const each of hypervisors) {
      yield;
      this.#follow(each);
    }
    this.#report();
  }

  #sourceName(patched: PatchedPort): string {
    return patchNames(patched, markOf(this.#deps.label)).source;
  }

  #mirroredSwitches(): readonly Switch[] {
    const all = [...this.#deps.network.topology.switches.values()];
    return all.filter(({ forwarding }) => isMirrored(forwarding));
  }

  /** The databases that have bridges whose frames are handed over, or rows of OpenVTAP. */
  #hypervisors(): readonly Hypervisor[] {
    const { databases, network, label } = this.#deps;
    const sessions = new Set<OvsdbSession>();
    for (const dpid of databases.connected) {
      const session = databases.sessionOf(dpid);
      if (session?.isConsistent) sessions.add(session);
    }
    return [...sessions].flatMap((session): Hypervisor[] => {
      const own = bridgesOfLabel(session.replica, label);
      const sources = [...bridgesOf(session.replica)]
        .filter(([dpid, bridge]) => {
          if (databases.sessionOf(dpid) !== session) return false;
          const { forwarding } = network.topology.switches.get(dpid) ?? {};
          return isMirrored(forwarding) || hasOwnRows(session.replica, bridge, label);
        })
        .filter(([, { name, uuid }]) => {
          return name !== this.#deps.name && own.every((each) => each.uuid !== uuid);
        })
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([dpid, bridge]) => ({ dpid, bridge }));
      const hasBridge =
        own.length > 0 || bridgeNamed(session.replica, this.#deps.name) !== undefined;
      return sources.length > 0 || hasBridge ? [{ session, sources }] : [];
    });
  }

  /** What is known of the bridge of a database, for each switch whose frames it gets. */
  #describe({ session, sources }: Hypervisor, shown: Map<Dpid, TapBridge>): void {
    const { network, name, label, places, tunnels } = this.#deps;
    const { replica } = session;
    const mirrored = sources.filter(({ dpid }) =>
      isMirrored(network.topology.switches.get(dpid)?.forwarding),
    );
    const [first] = mirrored;
    if (first === undefined) return;
    const controller = places.of(session);
    const bridge = {
      conflict: nameConflict(replica, { name, label }),
      noController: typeof controller === "object" ? controller.obstacle : undefined,
      dpid: tapBridgeDpid(session.root, name),
      name: `${network.state.switchName(first.dpid)}.${name}`,
    };
    const names = new PortNames(replica, label);
    for (const source of mirrored) {
      const requested = [...this.#requests.at(source.dpid).values()];
      const crossing = this.#requests.refusedAt(source.dpid);
      const described = {
        ...{ bridge: source.bridge, first: first.bridge },
        ...{ requested, crossing, label, names },
      };
      const overlay = overlayEnd(replica, tunnels, label, {
        dpid: source.dpid,
        name: source.bridge.name,
        endpoint: endpointOf(network.topology.switches.get(source.dpid)?.forwarding),
        others: mirrored.filter(({ dpid }) => dpid < source.dpid),
      });
      shown.set(source.dpid, { ...describedBridge(replica, bridge, described), overlay });
    }
  }

  /** The network has these bridges from now on. */
  #show(shown: ReadonlyMap<Dpid, TapBridge>): void {
    const { network } = this.#deps;
    const { state } = network;
    const text = (bridge: TapBridge | undefined) =>
      bridge &&
      JSON.stringify({
        ...bridge,
        refused: [...bridge.refused],
        shared: [...(bridge.shared ?? [])],
      });
    const merged = new Map(
      [...shown].map(([dpid, now]) => {
        const old = state.tapBridges.get(dpid);
        return [dpid, old !== undefined && text(old) === text(now) ? old : now];
      }),
    );
    const isSame =
      merged.size === state.tapBridges.size &&
      [...merged].every(([dpid, each]) => state.tapBridges.get(dpid) === each);
    if (isSame) return;
    const before = network.topology;
    network.replace(state.withTapBridges(merged));
    this.#bridges.notify(before);
  }

  /** Brings the rows of a database to what policies need. */
  #follow({ session, sources }: Hypervisor): void {
    const { network, name, label, places, entryState } = this.#deps;
    const { topology } = network;
    const { replica, root } = session;
    const controller = places.of(session);
    if (typeof controller === "object" || nameConflict(replica, { name, label })) return;
    const dpid = tapBridgeDpid(root, name);
    const taken = new PortNames(replica, label);
    const ready = this.#requests.ready(dpid, entryState);
    const bridges = sources.map((source): SourceBridge => {
      const found = topology.switches.get(source.dpid);
      const isUsable = isMirrored(found?.forwarding) && found?.tapBridge?.obstacle === undefined;
      const requests = isUsable ? this.#requests.at(source.dpid).values() : [];
      const requested = desiredPatches(requests, found?.tapBridge, (each) => {
        const isPatched = patchPort(topology.switches, each) !== undefined;
        return isPatched && ready.has(patchKey(each));
      });
      const names = [...requested.values()].map(({ patched }) => this.#sourceName(patched));
      const kept = this.#lingering.kept(source.dpid, {
        present: ownPortNames(replica, source.bridge, label),
        requested: new Set(names),
        // While a switch is away, it is not known what is at its ports.
        isAway: isUsable && found?.connected !== true,
      });
      const left = kept
        .flatMap((each) => patchedByName(source.dpid, each, markOf(label)) ?? [])
        .filter((patched) => taken.clash(patched, source.bridge) === undefined)
        .map((patched): DesiredPatch => ({ patched, isReady: false }));
      return {
        bridge: source.bridge,
        isMirrored: isMirrored(found?.forwarding),
        patches: [...requested.values(), ...left],
      };
    });
    const tunnel = this.#tunnelOf(session, dpid);
    const own = { name, dpid, label, controller, root, ...defined({ tunnel }) };
    const plan = planTapBridge(replica, own, bridges);
    const { operations, contents, unchanged } = plan;
    const isDone = this.#writer.areConfirmed(dpid, contents);
    if (operations.length > 0 || !isDone) {
      this.#writer.write({ dpid, session, operations, contents, unchanged });
    }
    for (const [index, { patches }] of bridges.entries()) {
      const at = sources[index]?.dpid;
      if (at === undefined) continue;
      this.#problems.set(at, plan.problems);
      const names = patches.map(({ patched }) => this.#sourceName(patched));
      const confirmed = names.filter((each) => {
        const content = unchanged.has(each) ? contents.get(each) : undefined;
        return content !== undefined && this.#writer.isConfirmed(dpid, each, content);
      });
      this.#confirmed.set(at, new Set(confirmed));
      if (patches.some(({ isReady }) => !isReady)) this.#isWaiting = true;
    }
  }

  /** The port for tunnels that the bridge of a database is to have; undefined: none. */
  #tunnelOf({ replica }: OvsdbSession, own: Dpid): TunnelPort | undefined {
    const { label, name, tunnels } = this.#deps;
    const port = overlayPortName(markOf(label));
    if (overlayObstacle(replica, tunnels, label) !== undefined) return undefined;
    const isRequested = this.#requests.areTunnelled(own);
    const bridge = bridgeNamed(replica, name);
    const present = portsOf(replica, bridge).some(
      (each) => each.name === port && each.label === label,
    );
    const switches = this.#mirroredSwitches();
    const kept = this.#lingering.kept(own, {
      present: new Set(present ? [port] : []),
      requested: new Set(isRequested ? [port] : []),
      // Which bridges copies are to reach is known when all of them are.
      isAway: switches.some(({ tapBridge, connected }) => tapBridge === undefined || !connected),
    });
    if (!isRequested && kept.length === 0) return undefined;
    return tunnelPort(port, tunnels);
  }

  /** Reports the policies whose reasons differ. */
  #report(): void {
    const changed: PolicyId[] = [];
    for (const id of new Set([...this.#requests.ids, ...this.#reported.keys()])) {
      const isKnown = this.#requests.patchesOf(id).length > 0;
      const now = isKnown ? JSON.stringify(this.unmirrored(id) ?? null) : undefined;
      if (now === this.#reported.get(id)) continue;
      if (now === undefined) this.#reported.delete(id);
      else this.#reported.set(id, now);
      changed.push(id);
    }
    if (changed.length > 0) this.#listeners.notify(changed);
  }
}
