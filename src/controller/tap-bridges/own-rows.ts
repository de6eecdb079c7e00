// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { BRIDGE, MIRROR, PORT, type Replica } from "../../ovsdb/index.ts";
import { type Dpid, dpidFromBigint } from "../../topology/index.ts";
import { type NamedBridge, TAP_LABEL } from "../databases/bridge-settings.ts";

export const DEFAULT_TAP_BRIDGE = "br-vtap";

/** The label of rows: the same for every process with the secret of one data directory. */
export function tapLabel(secret: Uint8Array | undefined): string {
  const hash = createHash("sha256")
    .update("tap bridge ")
    .update(secret ?? new Uint8Array());
  return hash.digest("hex").slice(0, 12);
}

/** What of a label is in the names of patch ports. */
export function markOf(label: string): string {
  return label.slice(0, 2);
}

/** The datapath id of the bridge of OpenVTAP's own in a database: the same as long as the database exists. */
export function tapBridgeDpid(root: string, name: string): Dpid {
  const hash = createHash("sha256").update(`${root} ${name}`).digest();
  return dpidFromBigint(hash.readBigUInt64BE());
}

/** Why a bridge of OpenVTAP's own cannot be in a database, a clause; undefined: it is there, or can be. */
export function nameConflict(
  replica: Replica,
  { name, label }: { readonly name: string; readonly label: string },
): string | undefined {
  const found = bridgeNamed(replica, name);
  const whose = found?.externalIds.get(TAP_LABEL);
  if (found === undefined || whose === label) return undefined;
  const remedy = `choose another name ("tapBridge"), or remove the bridge (ovs-vsctl del-br ${name})`;
  return whose === undefined
    ? `bridge ${name} is not OpenVTAP's: ${remedy}`
    : `bridge ${name} belongs to another OpenVTAP (${TAP_LABEL}=${whose}): ${remedy}`;
}

/** A bridge by its name, with its uuid. */
export function bridgeNamed(replica: Replica, name: string): NamedBridge | undefined {
  for (const [uuid, bridge] of replica.rows(BRIDGE)) {
    if (bridge.name === name) return { ...bridge, uuid };
  }
  return undefined;
}

/** The bridges of a label. */
export function bridgesOfLabel(replica: Replica, label: string): readonly NamedBridge[] {
  return [...replica.rows(BRIDGE)].flatMap(([uuid, bridge]) =>
    bridge.externalIds.get(TAP_LABEL) === label ? [{ ...bridge, uuid }] : [],
  );
}

/** Whether a bridge has patch ports or mirrors of a label. */
export function hasOwnRows(replica: Replica, bridge: NamedBridge, label: string): boolean {
  const isOwn = (ids: ReadonlyMap<string, string> | undefined) => ids?.get(TAP_LABEL) === label;
  return (
    [...bridge.ports].some((uuid) => isOwn(replica.row(PORT, uuid)?.externalIds)) ||
    [...bridge.mirrors].some((uuid) => isOwn(replica.row(MIRROR, uuid)?.externalIds))
  );
}

/** The names of the patch ports of a label that a bridge has. */
export function ownPortNames(replica: Replica, bridge: NamedBridge, label: string): Set<string> {
  return new Set(
    portsOf(replica, bridge)
      .filter((each) => each.label === label)
      .map(({ name }) => name),
  );
}

/** A port of a bridge, and whose it is. */
export interface PresentPort {
  readonly uuid: string;
  readonly name: string;
  readonly label: string | undefined;
}

/** The ports of a bridge; none of one that is not there. */
export function portsOf(replica: Replica, bridge: NamedBridge | undefined): PresentPort[] {
  return [...(bridge?.ports ?? [])].flatMap((uuid) => {
    const row = replica.row(PORT, uuid);
    return row === undefined
      ? []
      : [{ uuid, name: row.name, label: row.externalIds.get(TAP_LABEL) }];
  });
}

/** The name of the mirror whose frames leave by a patch port. */
export function mirrorName(source: string): string {
  return `openvtap-${source}`;
}
