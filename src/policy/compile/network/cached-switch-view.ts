import type { ActionSpec } from "../../../flow-model/index.ts";
import type { Dpid, PortNo, TopologyChanges } from "../../../topology/index.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { sameContent } from "../model/action-key.ts";
import type { CompileEnvironment } from "../model/environment.ts";
import type { SwitchView } from "./switch-view.ts";

/** What is known of frames that enter by a port (undefined: by any). */
interface Entrance {
  readonly isLink: boolean;
  /** What base forwarding does with them, by where they are for. */
  readonly originals: Map<number, readonly ActionSpec[]>;
}

/**
 * The network as one switch sees it. What was asked is remembered with its answer, so that after a
 * change of the network one can tell which answers are others.
 */
export class CachedSwitchView implements SwitchView {
  readonly dpid: Dpid;
  #environment: CompileEnvironment;
  #entrances = new Map<PortNo | undefined, Entrance>();
  /** Before the last move. */
  #old = new Map<PortNo | undefined, Entrance>();
  /** The only destinations that the last move may concern; undefined: all. */
  #concerned: { has(ethDst: number): boolean } | undefined = new Set();
  readonly #copyPorts = new Map<Dpid, PortNo | undefined>();
  readonly #rerouted = new Set<Dpid>();

  constructor(dpid: Dpid, environment: CompileEnvironment) {
    this.dpid = dpid;
    this.#environment = environment;
  }

  get name(): string {
    return this.#environment.topology.switches.get(this.dpid)?.name ?? this.dpid;
  }

  originals(inPort: PortNo | undefined, ethDst: number): readonly ActionSpec[] {
    const { originals } = this.#entrance(inPort);
    let actions = originals.get(ethDst);
    if (actions === undefined) {
      actions = this.#environment.originalActions(this.dpid, inPort, ethDst);
      originals.set(ethDst, actions);
    }
    return actions;
  }

  copyPort({ dpid, port }: PlacedMonitor): PortNo | undefined {
    if (dpid === this.dpid) return port;
    if (this.#copyPorts.has(dpid)) return this.#copyPorts.get(dpid);
    const found = this.#environment.topology.copyNextHop(this.dpid, dpid);
    this.#copyPorts.set(dpid, found);
    return found;
  }

  isLink(port: PortNo): boolean {
    return this.#entrance(port).isLink;
  }

  /** Takes another environment, which differs from the present one in this. */
  moveTo(environment: CompileEnvironment, changes: TopologyChanges): void {
    this.#environment = environment;
    this.#rerouted.clear();
    if (changes.routing || changes.switches.has(this.dpid) || changes.hostSwitches.has(this.dpid)) {
      this.#concerned = undefined;
      this.#old = this.#entrances;
      this.#entrances = new Map();
      this.#routeAnew();
    } else {
      // Elsewhere a host makes a difference only to the frames for it.
      this.#concerned = changes.hosts;
      this.#old = new Map();
      for (const [inPort, { isLink, originals }] of this.#entrances) {
        const taken = takeOut(originals, changes.hosts);
        if (taken.size > 0) this.#old.set(inPort, { isLink, originals: taken });
      }
    }
  }

  /** Whether there may be anything that the last move has made different here. */
  get hasMoved(): boolean {
    return this.#concerned === undefined || this.#old.size > 0;
  }

  /** Whether the last move has made something else of frames. */
  isOther(inPort: PortNo | undefined, ethDst: number): boolean {
    if (this.#concerned !== undefined && !this.#concerned.has(ethDst)) return false;
    const old = this.#old.get(inPort);
    const before = old?.originals.get(ethDst);
    const now = this.originals(inPort, ethDst);
    if (before === undefined || old?.isLink !== this.#entrance(inPort).isLink) return true;
    if (before === now) return false;
    if (!sameContent(before, now)) return true;
    // Regions by the hundred ask for one address: the next one need not compare.
    this.#entrance(inPort).originals.set(ethDst, before);
    return false;
  }

  /** Whether the last move has made copies for a switch leave by another port. */
  isRerouted(to: Dpid): boolean {
    return this.#rerouted.has(to);
  }

  #entrance(inPort: PortNo | undefined): Entrance {
    let found = this.#entrances.get(inPort);
    if (found === undefined) {
      const { topology } = this.#environment;
      const isLink = inPort !== undefined && topology.isLinkPort(this.dpid, inPort);
      found = { isLink, originals: new Map() };
      this.#entrances.set(inPort, found);
    }
    return found;
  }

  #routeAnew(): void {
    for (const [to, before] of this.#copyPorts) {
      const now = this.#environment.topology.copyNextHop(this.dpid, to);
      if (now === before) continue;
      this.#copyPorts.set(to, now);
      this.#rerouted.add(to);
    }
  }
}

/** Takes what is known of frames for some hosts out. */
function takeOut(
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
