// SPDX-License-Identifier: Apache-2.0
import type { PolicyPlanView } from "../../contract/observation/policy-plan.ts";
import { defined } from "../../lang/defined.ts";
import { MIRROR_STATISTICS, select } from "../../ovsdb/index.ts";
import type { Topology } from "../../topology/index.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import { switchName } from "../views/network-view.ts";
import { nameOf } from "./mirror-rows.ts";
import type { FollowedMirror } from "./native-mirrors.ts";

type MirrorView = NonNullable<PolicyPlanView["mirrors"]>[number];

/** Mirrors as clients see them, with the counters that their databases have now. */
export function mirrorViews(
  mirrors: readonly FollowedMirror[],
  topology: Topology,
  databases: Pick<SwitchDatabases, "sessionOf">,
): Promise<MirrorView[]> {
  return Promise.all(
    mirrors.map(async ({ dpid, label, uuid, isConfirmed, ...planned }) => {
      const session = uuid === undefined ? undefined : databases.sessionOf(dpid);
      const read = await session?.transact([select(MIRROR_STATISTICS, { uuid: uuid ?? "" })]);
      const [row] = read?.type === "committed" ? read.results[0] : [];
      const { monitor, sources, destinations, isAll, vlans, output, snapLength } = planned;
      const outputVlan = "vlan" in output ? output.vlan : undefined;
      return {
        ...{ switch: switchName(topology, dpid), dpid, monitor, name: nameOf(label) },
        ...{
          from: sources,
          to: destinations,
          all: isAll,
          vlans,
          ...defined({ outputVlan, snapLength }),
        },
        state: isConfirmed ? ("confirmed" as const) : ("pending" as const),
        ...defined({
          packets: row?.statistics.get("tx_packets"),
          bytes: row?.statistics.get("tx_bytes"),
        }),
      };
    }),
  );
}
