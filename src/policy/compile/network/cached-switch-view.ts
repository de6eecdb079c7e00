// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import type { OxmField } from "../../../openflow/index.ts";
import type { Dpid, PortNo, TopologyChanges } from "../../../topology/index.ts";
import { unmarked } from "../../placement/beside.ts";
import { tapBridgeName } from "../../placement/mirrored-ports.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { dropsInnerTags } from "../../placement/switch-sight.ts";
import { sameContent } from "../model/action-key.ts";
import type { CompileEnvironment } from "../model/environment.ts";
import type { SwitchView } from "./switch-view.ts";

/** The cached answers about frames that enter by a port (undefined: by any). */
interface Ingress {
  readonly isLink: boolean;
  /** The actions of base forwarding, by destination address. */
  readonly originals: Map<number, readonly ActionSpec[]>;
}

/**
 * The network as one switch sees it. Every query is cached with its answer, so that a change of the
 * network shows which answers differ.
 */
export class CachedSwitchView implements SwitchView {
  readonly dpid: Dpid;
  #environment: CompileEnvironment;
  #ingresses = new Map<PortNo | undefined, Ingress>();
  /** The answers before the last move. */
  #old = new Map<PortNo | undefined, Ingress>();
  /** The only destinations whose answers the last move may change; undefined: all. */
  #affected: { has(ethDst: number): boolean } | undefined = new Set();
  readonly #copyPorts = new Map<Dpid, PortNo | undefined>();
  readonly #directPorts = new Map<Dpid, PortNo | undefined>();
  readonly #rerouted = new Set<Dpid>();

  constructor(dpid: Dpid, environment: CompileEnvironment) {
    this.dpid = dpid;
    this.#environment = environment;
  }

  get name(): string {
    return this.#environment.topology.switches.get(this.dpid)?.name ?? this.dpid;
  }

  /** Not recorded: a change makes every policy that is tapped here stale. */
  get isPlain(): boolean {
    return this.#environment.topology.switches.get(this.dpid)?.isPlain ?? false;
  }

  /** Not recorded: a change is one of the originals, too. */
  get unmarked(): OxmField | undefined {
    return unmarked(this.#environment.topology, this.dpid);
  }

  /** Not recorded, as `unmarked`. */
  get hasOriginals(): boolean {
    return tapBridgeName(this.#environment.topology, this.dpid) === undefined;
  }

  dropsInnerTags(from: Dpid): boolean {
    return dropsInnerTags(this.#environment.topology, from);
  }

  originals(inPort: PortNo | undefined, ethDst: number): readonly ActionSpec[] {
    const { originals } = this.#ingress(inPort);
    let actions = originals.get(ethDst);
    if (actions === undefined) {
      actions = this.#environment.originalActions(this.dpid, inPort, ethDst);
      originals.set(ethDst, actions);
    }
    return actions;
  }

  copyPort({ dpid, port, patch, overlay }: PlacedMonitor): PortNo | undefined {
    const own = patch ?? overlay;
    if (own !== undefined) return own.port;
    if (dpid === this.dpid) return port;
    if (this.#copyPorts.has(dpid)) return this.#copyPorts.get(dpid);
    const found = this.#environment.topology.copyNextHop(this.dpid, dpid);
    this.#copyPorts.set(dpid, found);
    return found;
  }

  directPort({ dpid }: PlacedMonitor): PortNo | undefined {
    if (this.#directPorts.has(dpid)) return this.#directPorts.get(dpid);
    const found = this.#environment.topology.directNextHop(this.dpid, dpid);
    this.#directPorts.set(dpid, found);
    return found;
  }

  isDirect(from: Dpid, monitor: PlacedMonitor): boolean {
    if (from === this.dpid) return this.directPort(monitor) !== undefined;
    // Not recorded: a change makes the policy of the tap on the other switch stale, and its pieces here.
    return this.#environment.topology.directNextHop(from, monitor.dpid) !== undefined;
  }

  get hasTags(): boolean {
    return this.#environment.tapVlans !== undefined;
  }

  isLink(port: PortNo): boolean {
    return this.#ingress(port).isLink;
  }

  /** Adopts another environment; `changes` are its differences from the present one. */
  moveTo(environment: CompileEnvironment, changes: TopologyChanges): void {
    this.#environment = environment;
    this.#rerouted.clear();
    if (changes.routing || changes.switches.has(this.dpid) || changes.hostSwitches.has(this.dpid)) {
      this.#affected = undefined;
      this.#old = this.#ingresses;
      this.#ingresses = new Map();
      this.#recomputeRoutes();
    } else {
      // On other switches a host affects only the frames for it.
      this.#affected = changes.hosts;
      this.#old = new Map();
      for (const [inPort, { isLink, originals }] of this.#ingresses) {
        const taken = takeAnswers(originals, changes.hosts);
        if (taken.size > 0) this.#old.set(inPort, { isLink, originals: taken });
      }
    }
  }

  /** Whether the last move may have changed any answer. */
  get hasMoved(): boolean {
    return this.#affected === undefined || this.#old.size > 0;
  }

  /** Whether the last move changed the actions for these frames. */
  hasChanged(inPort: PortNo | undefined, ethDst: number): boolean {
    if (this.#affected !== undefined && !this.#affected.has(ethDst)) return false;
    const old = this.#old.get(inPort);
    const before = old?.originals.get(ethDst);
    const now = this.originals(inPort, ethDst);
    if (before === undefined || old?.isLink !== this.#ingress(inPort).isLink) return true;
    if (before === now) return false;
    if (!sameContent(before, now)) return true;
    // Hundreds of regions query one address: the next query need not compare again.
    this.#ingress(inPort).originals.set(ethDst, before);
    return false;
  }

  /** Whether, since the last move, copies for a switch leave by another port. */
  isRerouted(to: Dpid): boolean {
    return this.#rerouted.has(to);
  }

  #ingress(inPort: PortNo | undefined): Ingress {
    let found = this.#ingresses.get(inPort);
    if (found === undefined) {
      const { topology } = this.#environment;
      const isLink = inPort !== undefined && topology.isLinkPort(this.dpid, inPort);
      found = { isLink, originals: new Map() };
      this.#ingresses.set(inPort, found);
    }
    return found;
  }

  #recomputeRoutes(): void {
    const { topology } = this.#environment;
    for (const [ports, nextHop] of [
      [this.#copyPorts, (to: Dpid) => topology.copyNextHop(this.dpid, to)],
      [this.#directPorts, (to: Dpid) => topology.directNextHop(this.dpid, to)],
    ] as const) {
      for (const [to, before] of ports) {
        const now = nextHop(to);
        if (now === before) continue;
        ports.set(to, now);
        this.#rerouted.add(to);
      }
    }
  }
}

/** Removes the cached answers for some hosts and returns them. */
function takeAnswers(
  originals: Map<number, readonly ActionSpec[]>,
  hosts: TopologyChanges["hosts"],
): Map<number, readonly ActionSpec[]> {
  const taken = new Map<number, readonly ActionSpec[]>();
  for (const mac of hosts.keys()) {
    const actions = originals.get(mac);
    if (actions === undefined) continue;
    taken.set(mac, actions);
    originals.delete(mac);
  }
  return taken;
}
