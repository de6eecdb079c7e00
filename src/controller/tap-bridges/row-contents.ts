// SPDX-License-Identifier: Apache-2.0
import { type MIRROR, PORT, type Replica, type RowOf } from "../../ovsdb/index.ts";
import {
  type Dpid,
  isSharedPort,
  type PatchedPort,
  type PatchUse,
  type PortNo,
} from "../../topology/index.ts";
import type { BridgePorts, DatabasePort } from "../mirrors/bridge-ports.ts";
import type { DesiredPatch } from "./desired-rows.ts";
import { modeOf } from "./mirrored-modes.ts";

/** Makes NORMAL send nothing to a port, and accept nothing from it: no frame is in this VLAN. */
const UNUSED_VLAN = 4095;
/** A row of a port, as far as it is made before its interfaces. */
export type PortRow = Omit<RowOf<typeof PORT>, "interfaces">;

type PortSettings = Omit<PortRow, "name" | "externalIds">;

/** Whether a pair of patch ports, and the mirror, stay as they are: no policy says at present which ports share them. */
export function isAsItIs({ patched, members }: DesiredPatch): boolean {
  return members === undefined && isSharedPort(patched.port);
}

/** The ports whose frames come by a pair of patch ports. */
export function selectedBy(
  { port }: PatchedPort,
  members: readonly PortNo[] = [port],
  ports: BridgePorts,
): readonly DatabasePort[] {
  return members.flatMap((each) => ports.numbered(each) ?? []);
}

/** A port that takes part in what its bridge does with VLANs. */
export const PLAIN_PORT: PortSettings = {
  vlanMode: undefined,
  tag: undefined,
  trunks: new Set(),
  otherConfig: new Map(),
};

/** In-band control would add entries that bridge frames by NORMAL. */
export function ownConfig(dpid: Dpid): Map<string, string> {
  return new Map([
    ["datapath-id", dpid],
    ["disable-in-band", "true"],
  ]);
}

/** A text that is equal for ports with the same settings. */
export function settingsOf({ vlanMode, tag, trunks, otherConfig }: PortSettings) {
  return JSON.stringify([vlanMode, tag, [...trunks].sort(), [...otherConfig].sort()]);
}

/** A text that is equal for mirrors with the same content. */
export function contentOf(row: RowOf<typeof MIRROR>): string {
  const { selectAll, sources, destinations, vlans, outputPort, outputVlan, snapLength } = row;
  const sets = [sources, destinations, vlans].map((each) => [...each].map(String).sort());
  return JSON.stringify([selectAll, ...sets, outputPort, outputVlan, snapLength]);
}

/**
 * How the patch port at the source is set: NORMAL sends no frame there and takes none from there, and mirrored
 * frames have the tags with which the port sends or receives them.
 */
export function patchSettings(
  replica: Replica,
  from: DatabasePort | undefined,
  use: PatchUse,
): PortSettings {
  const isMirrored = use !== "copies" && from !== undefined;
  if (!isMirrored || modeOf(replica.row(PORT, from.uuid)) !== "access") {
    const trunks = new Set([UNUSED_VLAN]);
    return { vlanMode: "trunk", tag: undefined, trunks, otherConfig: new Map() };
  }
  const otherConfig = new Map([["priority-tags", "if-nonzero"]]);
  return { vlanMode: "access", tag: UNUSED_VLAN, trunks: new Set(), otherConfig };
}
