// SPDX-License-Identifier: Apache-2.0
import { MIRROR, PORT, type Replica, type RowOf } from "../../ovsdb/index.ts";
import {
  LOCAL_PORT,
  type PatchedPort,
  type PortNo,
  patchKey,
  patchNames,
  SHARED_PORTS,
} from "../../topology/index.ts";
import { type NamedBridge, TAP_LABEL } from "../databases/bridge-settings.ts";
import { BridgePorts } from "../mirrors/bridge-ports.ts";
import { MOST_MIRRORS } from "../mirrors/mirror-rows.ts";
import { markOf, mirrorName } from "./own-rows.ts";

/** Mirrors that ports share: one in each direction for trunk ports, and one for access ports. */
const MOST_GROUPS = 4;

/** Why a port's frames cannot be handed over as they are, a clause. */
export function portObstacle(
  ports: BridgePorts,
  replica: Replica,
  { port, use }: PatchedPort,
): string | undefined {
  if (port === LOCAL_PORT) return "no patch port leads to the bridge's own port: use another port";
  const found = ports.numbered(port);
  if (found === undefined || use === "copies") return undefined;
  if (found.isBond) return `port ${found.name} is a bond, which mirrors select as a whole`;
  const mode = modeOf(replica.row(PORT, found.uuid));
  if (mode === "access" || mode === "trunk") return undefined;
  return `port ${found.name} has vlan_mode ${mode}: mirrors do not hand its frames over with the tags that they have`;
}

/**
 * Which ports share a mirror with others, since a bridge has too few for all: by their `patchKey`, the
 * number that stands for them. A port that has a mirror of its own keeps it, unless others have more mirrors than
 * before: room for those of groups is left free also while there is no group.
 */
export function sharedPorts(
  replica: Replica,
  bridge: NamedBridge,
  label: string,
  requested: Iterable<PatchedPort>,
): ReadonlyMap<string, PortNo> {
  const mirrors = [...bridge.mirrors].flatMap((uuid) => replica.row(MIRROR, uuid) ?? []);
  const own = mirrors.filter(({ externalIds }) => externalIds.get(TAP_LABEL) === label);
  const room = MOST_MIRRORS - (mirrors.length - own.length);
  const ports = new BridgePorts(replica, bridge.ports);
  const selected = [...requested]
    .filter(({ use }) => use !== "copies")
    .map((patched) => {
      const found = ports.numbered(patched.port);
      const mode = found && modeOf(replica.row(PORT, found.uuid));
      const port = mode === "access" ? SHARED_PORTS.access : SHARED_PORTS.trunk;
      return { key: patchKey(patched), name: patchNames(patched, markOf(label)).source, port };
    });
  const alone = Math.max(0, room - MOST_GROUPS);
  if (selected.length <= alone) return new Map();
  const names = new Set(own.map(({ name }) => name));
  const isOwn = ({ name }: { readonly name: string }) => names.has(mirrorName(name));
  const ordered = selected.sort(
    (a, b) => Number(isOwn(b)) - Number(isOwn(a)) || (a.name < b.name ? -1 : 1),
  );
  return new Map(ordered.slice(alone).map(({ key, port }) => [key, port]));
}

/** How a port treats VLAN tags. @spec ovs-vswitchd.conf.db(5), table Port, vlan_mode */
export function modeOf(port: RowOf<typeof PORT> | undefined): string {
  return port?.vlanMode ?? (port?.tag === undefined ? "trunk" : "access");
}
