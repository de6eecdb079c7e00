// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { Replica } from "../../ovsdb/index.ts";
import {
  carrierOf,
  type Dpid,
  type PatchedPort,
  patchKey,
  type TapBridge,
} from "../../topology/index.ts";
import type { NamedBridge } from "../databases/bridge-settings.ts";
import { BridgePorts } from "../mirrors/bridge-ports.ts";
import { portObstacle, sharedPorts } from "./mirrored-modes.ts";
import { markOf } from "./own-rows.ts";
import type { PortNames } from "./port-names.ts";

/** What is known of the bridge of OpenVTAP's own in a database. */
interface KnownBridge {
  readonly dpid: Dpid;
  /** Its name among the switches. */
  readonly name: string;
  /** Why there can be none of its name, a clause. */
  readonly conflict: string | undefined;
  /** Why it cannot connect to OpenVTAP, a clause. */
  readonly noController: string | undefined;
}

/** A bridge whose frames are handed over. */
interface DescribedSource {
  readonly bridge: NamedBridge;
  /** The first such bridge of the database: the bridge of OpenVTAP's own has its datapath type. */
  readonly first: NamedBridge;
  readonly requested: readonly PatchedPort[];
  /** Why some of these cannot be for other policies' sake, clauses by their `patchKey`. */
  readonly crossing: ReadonlyMap<string, string>;
  readonly label: string;
  /** Of the database; the names of the patch ports of this bridge are reserved there. */
  readonly names: PortNames;
}

/** The bridge of OpenVTAP's own as the network knows it, for one of the switches whose frames it gets. */
export function describedBridge(
  replica: Replica,
  { dpid, name, conflict, noController }: KnownBridge,
  { bridge, first, requested, crossing, label, names }: DescribedSource,
): TapBridge {
  const ports = new BridgePorts(replica, bridge.ports);
  const refused = new Map<string, string>();
  const accepted: PatchedPort[] = [];
  for (const patched of requested) {
    const what =
      portObstacle(ports, replica, patched) ??
      crossing.get(patchKey(patched)) ??
      names.clash(patched, bridge);
    if (what === undefined) accepted.push(patched);
    else refused.set(patchKey(patched), what);
  }
  const otherType =
    bridge.datapathType === first.datapathType
      ? undefined
      : `bridges ${bridge.name} and ${first.name} have different datapath types: no patch port joins both to ${name}`;
  const shared = sharedPorts(replica, bridge, label, accepted);
  const described = {
    dpid: conflict === undefined ? dpid : undefined,
    name,
    mark: markOf(label),
    refused,
    ...defined({ obstacle: conflict ?? noController ?? otherType }),
    ...(shared.size > 0 && { shared }),
  };
  for (const patched of accepted) {
    const carrier = carrierOf(described, patched);
    const what = names.clash(carrier, bridge);
    if (what === undefined) names.reserve(carrier, bridge);
    else refused.set(patchKey(patched), what);
  }
  return described;
}
