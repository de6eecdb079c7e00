// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, entryRef, type FlowSpec } from "../../../flow-model/index.ts";
import { match } from "../../../openflow/index.ts";
import { type Dpid, formatIpAddress } from "../../../topology/index.ts";
import type { Overlay } from "../../placement/overlay.ts";
import type { CompileEnvironment } from "../model/environment.ts";
import type { CopyWay } from "../model/policy-plan.ts";
import type { FlowTables } from "./flow-tables.ts";
import { caughtBy } from "./path-probes.ts";
import { PROBE_ADDRESSES } from "./probe-marks.ts";

/** The probes of the tunnel from one bridge of OpenVTAP's own to another. */
export interface OverlayProbe {
  readonly id: string;
  readonly ways: readonly CopyWay[];
  readonly catcher: Catcher;
  users: number;
}

/** The rule at the end of tunnels that catches probes. */
interface Catcher {
  readonly id: string;
  readonly dpid: Dpid;
  readonly flow: FlowSpec;
  readonly ref: EntryRef;
  users: number;
}

/** Above the keys of all monitors. */
const PROBE_KEY = 0xff_ff_ff;

/**
 * The probes of tunnels between bridges of OpenVTAP's own: short ones, and ones as long as the longest frames of tapped
 * ports, which show whether the network between the bridges carries packets that are long enough. They have a key that no
 * monitor has: without the rule that catches them they are dropped.
 */
export class OverlayProbes {
  readonly #isOn: boolean;
  readonly #tables: FlowTables;
  readonly #probes = new Map<string, OverlayProbe>();
  readonly #catchers = new Map<string, Catcher>();

  constructor({ pathProbes = false }: CompileEnvironment, tables: FlowTables) {
    this.#isOn = pathProbes;
    this.#tables = tables;
  }

  /** Acquires the probes of a tunnel for one more user; undefined: ways are not probed. */
  acquire(from: Dpid, overlay: Overlay): OverlayProbe | undefined {
    if (!this.#isOn) return undefined;
    const { port, remote, longest, end } = overlay;
    const id = `${from} ${port} ${formatIpAddress(remote)} ${longest} ${end.dpid} ${end.port}`;
    const probe = this.#probes.get(id) ?? this.#make(id, from, overlay);
    this.#probes.set(id, probe);
    probe.users++;
    return probe;
  }

  /** Releases probes for one user. */
  release(probe: OverlayProbe): void {
    probe.users--;
    if (probe.users > 0) return;
    this.#probes.delete(probe.id);
    const { catcher } = probe;
    catcher.users--;
    if (catcher.users > 0) return;
    this.#catchers.delete(catcher.id);
    this.#tables.deleteFlow(catcher.dpid, catcher.flow);
  }

  #make(id: string, from: Dpid, { port, remote, longest, end }: Overlay): OverlayProbe {
    const catcher = this.#acquireCatcher(end);
    const common = {
      ...({ marking: "overlay", from, out: port } as const),
      hops: [{ dpid: end.dpid, inPort: end.port, outPort: undefined }],
      header: PROBE_ADDRESSES,
      tunnel: { remote, key: PROBE_KEY },
      ...{ entries: [], caught: catcher.ref },
    };
    const way = `${from} overlay ${end.dpid}`;
    const ways = [
      { ...common, id: way },
      { ...common, id: `${way} ${longest}`, length: longest },
    ];
    return { id, ways, catcher, users: 0 };
  }

  #acquireCatcher({ dpid, port }: Overlay["end"]): Catcher {
    const id = `${dpid} ${port}`;
    let catcher = this.#catchers.get(id);
    if (catcher === undefined) {
      const flow = caughtBy(match({ inPort: port, tunnelId: BigInt(PROBE_KEY) }));
      const ref = entryRef(dpid, this.#tables.set(dpid, flow));
      catcher = { id, dpid, flow, ref, users: 0 };
      this.#catchers.set(id, catcher);
    }
    catcher.users++;
    return catcher;
  }
}
