// SPDX-License-Identifier: Apache-2.0
import type { Replica } from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import { type Dpid, isMirrored, type TapBridge } from "../../topology/index.ts";
import { bridgesOf, type NamedBridge } from "../databases/bridge-settings.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import { BridgePorts } from "../mirrors/bridge-ports.ts";
import type { Network } from "../network/network.ts";
import { describedBridge } from "./described-bridge.ts";
import { endpointOf, overlayEnd, type TunnelKind } from "./overlay-ends.ts";
import {
  bridgeNamed,
  bridgesOfLabel,
  hasOwnRows,
  nameConflict,
  tapBridgeDpid,
} from "./own-rows.ts";
import type { PatchRequests } from "./patch-requests.ts";
import { PortNames } from "./port-names.ts";
import type { TapBridgeTargets } from "./tap-bridge-targets.ts";

/** A bridge whose frames are handed over, or were. */
interface HandingBridge {
  readonly dpid: Dpid;
  readonly bridge: NamedBridge;
}

/** The bridges that a session has, and those of them whose frames are handed over. */
export interface Hypervisor {
  readonly session: OvsdbSession;
  readonly sources: readonly HandingBridge[];
}

/** What OpenVTAP has in databases, and where it is known from. */
export interface TapBridgeSetting {
  readonly network: Pick<Network, "state" | "topology" | "replace">;
  readonly databases: Pick<SwitchDatabases, "connected" | "sessionOf">;
  /** The name of the bridges in their databases. */
  readonly name: string;
  /** Marks rows as those of this OpenVTAP. */
  readonly label: string;
  readonly places: TapBridgeTargets;
  /** How copies cross the network between bridges of OpenVTAP's own. */
  readonly tunnels: TunnelKind;
}

/** The databases that have bridges whose frames are handed over, or rows of OpenVTAP. */
export function hypervisorsIn(setting: TapBridgeSetting): readonly Hypervisor[] {
  const { databases, network, label, name: ownName } = setting;
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
        return name !== ownName && own.every((each) => each.uuid !== uuid);
      })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([dpid, bridge]) => ({ dpid, bridge }));
    const hasBridge = own.length > 0 || bridgeNamed(session.replica, ownName) !== undefined;
    return sources.length > 0 || hasBridge ? [{ session, sources }] : [];
  });
}

/** What is known of the bridge of a database, for each switch whose frames it gets: added to `shown`. */
export function describeBridges(
  { session, sources }: Hypervisor,
  { network, name, label, places, tunnels }: TapBridgeSetting,
  requests: PatchRequests,
  shown: Map<Dpid, TapBridge>,
): void {
  const { replica } = session;
  const profileOf = (dpid: Dpid) => network.topology.switches.get(dpid)?.forwarding;
  const mirrored = sources.filter(({ dpid }) => isMirrored(profileOf(dpid)));
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
  const mtus = mirrored.flatMap((source) => tappedMtus(replica, source, requests));
  for (const source of mirrored) {
    const requested = [...requests.at(source.dpid).values()];
    const crossing = requests.refusedAt(source.dpid);
    const described = {
      ...{ bridge: source.bridge, first: first.bridge },
      ...{ requested, crossing, label, names },
    };
    const overlay = overlayEnd(replica, tunnels, label, {
      dpid: source.dpid,
      name: source.bridge.name,
      endpoint: endpointOf(profileOf(source.dpid)),
      others: mirrored.filter(({ dpid }) => dpid < source.dpid),
      mtu: mtus.length === 0 ? undefined : Math.max(...mtus),
    });
    shown.set(source.dpid, { ...describedBridge(replica, bridge, described), overlay });
  }
}

/** How long frames are that policies tap at a switch, as far as it is known. */
function tappedMtus(
  replica: Replica,
  { dpid, bridge }: HandingBridge,
  requests: PatchRequests,
): number[] {
  const tapped = [...requests.at(dpid).values()].filter(({ use }) => use !== "copies");
  const ports = new BridgePorts(replica, tapped.length > 0 ? bridge.ports : []);
  return tapped.flatMap(({ port }) => ports.numbered(port)?.mtu ?? []);
}
