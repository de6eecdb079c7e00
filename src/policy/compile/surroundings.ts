import type { Dpid } from "../../topology/index.ts";
import { constraint, type Region, region } from "../region/region.ts";
import { actionsKey } from "./action-key.ts";
import type { CompileEnvironment } from "./environment.ts";
import type { SwitchView } from "./label.ts";
import type { PlacedMonitor } from "./monitors.ts";
import type { Cuts } from "./taps.ts";

const BROADCAST = 0xffffffffffff;

/** What the compiler asks about the network, worked out once for a topology. */
export class Surroundings implements Cuts {
  readonly #environment: CompileEnvironment;
  readonly #forwarding = new Map<Dpid, readonly Region[]>();
  readonly #views = new Map<Dpid, SwitchView>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
  }

  /** The hosts whose frames the switch forwards otherwise than those for nobody it knows. */
  forwarding(dpid: Dpid): readonly Region[] {
    let regions = this.#forwarding.get(dpid);
    if (regions === undefined) {
      const { topology, originalActions } = this.#environment;
      const rest = actionsKey(originalActions(dpid, undefined, BROADCAST));
      regions = [...topology.hosts.keys()]
        .filter((mac) => actionsKey(originalActions(dpid, undefined, mac)) !== rest)
        .flatMap((mac) => region([constraint("ethDst", mac)]) ?? []);
      this.#forwarding.set(dpid, regions);
    }
    return regions;
  }

  /** Base forwarding drops what would loop: at links outside the tree, at links not used at all. */
  deadEnds(dpid: Dpid, ethDst = BROADCAST): readonly number[] {
    const { topology, originalActions } = this.#environment;
    return topology
      .linkPorts(dpid)
      .map(([port]) => port)
      .filter((port) => originalActions(dpid, port, ethDst).length === 0);
  }

  copyPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined {
    if (monitor.dpid === dpid) return monitor.port;
    return this.#environment.topology.nextHop(dpid, monitor.dpid);
  }

  /** The network as one switch sees it. */
  at(dpid: Dpid): SwitchView {
    let view = this.#views.get(dpid);
    if (view === undefined) {
      const { topology, originalActions } = this.#environment;
      view = {
        dpid,
        name: topology.switches.get(dpid)?.name ?? dpid,
        originals: (inPort, ethDst) => originalActions(dpid, inPort, ethDst),
        copyPort: (monitor) => this.copyPort(dpid, monitor),
        isLink: (port) => topology.isLinkPort(dpid, port),
      };
      this.#views.set(dpid, view);
    }
    return view;
  }
}
