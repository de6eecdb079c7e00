// SPDX-License-Identifier: Apache-2.0
import type { Replica } from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { PlannedMirror, PolicyId } from "../../policy/index.ts";
import type { Dpid, PortNo } from "../../topology/index.ts";
import { bridgesOf, type NamedBridge } from "../databases/bridge-settings.ts";
import { BridgePorts } from "./bridge-ports.ts";
import {
  contentOf,
  type DesiredMirror,
  haveSameOutput,
  MOST_MIRRORS,
  mirrorOperations,
  policyOf,
  presentMirrors,
  rowOf,
  withCommonLengths,
} from "./mirror-rows.ts";
import type { MirrorChange } from "./mirror-writer.ts";

/** A mirror that a policy requests of a switch. */
export interface RequestedMirror {
  readonly policy: PolicyId;
  readonly label: string;
  readonly planned: PlannedMirror;
}

/** Why a policy does not get a mirror, as a clause. */
interface RowProblem {
  readonly policy: PolicyId;
  readonly what: string;
  readonly isError: boolean;
}

/** The mirrors of one switch: what its database has, and what policies request. */
export class SwitchMirrors {
  readonly problems: readonly RowProblem[];
  /** The mirrors that are to be there. */
  readonly desired: readonly RequestedMirror[];
  readonly #dpid: Dpid;
  readonly #bridge: NamedBridge;
  readonly #present: ReturnType<typeof presentMirrors>;
  readonly #rows: readonly DesiredMirror[];

  private constructor(
    replica: Replica,
    dpid: Dpid,
    bridge: NamedBridge,
    requested: readonly RequestedMirror[],
    conflict: (requested: RequestedMirror, output: PortNo | undefined) => string | undefined,
  ) {
    this.#dpid = dpid;
    this.#bridge = bridge;
    this.#present = presentMirrors(replica, bridge);
    const ports = new BridgePorts(replica, requested.length > 0 ? bridge.ports : []);
    const foreign = this.#present.filter(({ label }) => label === undefined);
    const problems: RowProblem[] = [];
    const desired: RequestedMirror[] = [];
    const rows: DesiredMirror[] = [];
    for (const each of requested) {
      const { policy, label, planned } = each;
      const found = rowOf(label, planned, ports);
      if (found === undefined) continue;
      if ("problem" in found) {
        problems.push({ policy, what: found.problem, isError: found.isError });
        continue;
      }
      const { row, output } = found;
      const what =
        conflict(each, output) ??
        foreignConflict(row, foreign) ??
        (foreign.length + rows.length >= MOST_MIRRORS ? FULL : undefined);
      if (what !== undefined) {
        problems.push({ policy, what, isError: true });
        continue;
      }
      desired.push(each);
      rows.push({ label, row });
    }
    this.problems = problems;
    this.desired = desired;
    this.#rows = withCommonLengths(rows);
  }

  /** Undefined: the database has no such switch. */
  static of(
    replica: Replica,
    dpid: Dpid,
    requested: readonly RequestedMirror[],
    conflict: (requested: RequestedMirror, output: PortNo | undefined) => string | undefined,
  ): SwitchMirrors | undefined {
    const bridge = bridgesOf(replica).get(dpid);
    return bridge && new SwitchMirrors(replica, dpid, bridge, requested, conflict);
  }

  /** What leads to the desired mirrors. Those of a policy that waits stay as they are. */
  change(session: OvsdbSession, isWaiting: (policy: PolicyId) => boolean): MirrorChange {
    const contents = new Map(this.#rows.map(({ label, row }) => [label, contentOf(row)]));
    const unchanged = new Map<string, string>();
    for (const { label, row, uuid } of this.#present) {
      if (label !== undefined && contents.get(label) === contentOf(row)) unchanged.set(label, uuid);
    }
    const operations = mirrorOperations(this.#bridge, this.#present, this.#rows, (label) =>
      isWaiting(policyOf(label)),
    );
    return { dpid: this.#dpid, session, operations, contents, unchanged };
  }
}

const FULL = `it has ${MOST_MIRRORS} mirrors already, as many as Open vSwitch has on a bridge; delivery auto can`;

/** Why a mirror cannot be beside those of others. */
function foreignConflict(
  own: DesiredMirror["row"],
  foreign: ReturnType<typeof presentMirrors>,
): string | undefined {
  const other = foreign.find(
    ({ row }) => haveSameOutput(row, own) && row.snapLength !== own.snapLength,
  );
  if (other === undefined) return undefined;
  const place = own.outputVlan === undefined ? "port" : "VLAN";
  return `mirror ${other.row.name}, which is not OpenVTAP's, sends frames to the same ${place}, cut to another length: a frame of both arrives once, as either says`;
}
