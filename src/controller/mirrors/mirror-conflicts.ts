// SPDX-License-Identifier: Apache-2.0
import type { PlannedMirror, PolicyId, VlanRange } from "../../policy/index.ts";
import type { Dpid, PortAt, PortNo } from "../../topology/index.ts";

/** Where flow entries make and forward copies for policies with another delivery. */
export interface ConflictInputs {
  /** By which ports their copies leave for monitors. */
  readonly outlets: { policiesAt(at: PortAt): Iterable<PolicyId> };
  /** Which switches their copies enter by a link. */
  readonly crossed: { policiesAt(dpid: Dpid): Iterable<PolicyId> };
  readonly switchName: string;
}

/**
 * Why a mirror would deliver a frame twice, or copies of copies, as a clause; undefined: it does not. A
 * switch sends a frame to a port once for all of its mirrors, and again for a flow entry.
 */
export function mirrorConflict(
  { dpid, isAll, sources, destinations }: PlannedMirror,
  output: PortNo | undefined,
  { outlets, crossed, switchName }: ConflictInputs,
): string | undefined {
  const [other] = output === undefined ? [] : outlets.policiesAt({ dpid, port: output });
  if (other !== undefined) {
    return `policy ${other} sends copies to port ${output} by flow entries, so a frame of both would arrive twice; give both the same delivery, or another monitor`;
  }
  for (const port of [...sources, ...destinations]) {
    const [copied] = outlets.policiesAt({ dpid, port });
    if (copied !== undefined) {
      return `copies of policy ${copied} leave by port ${port}: a mirror of it would copy them again`;
    }
  }
  const [crossing] = isAll ? crossed.policiesAt(dpid) : [];
  if (crossing === undefined) return undefined;
  return `copies of policy ${crossing} cross switch ${switchName}: a mirror of all ports would copy them again; name ports as sender or receiver`;
}

/** Why a mirror has no VLAN to itself, a sentence without a full stop; undefined: it has, or needs none. */
export function takenVlan(
  { output }: PlannedMirror,
  { first, last }: VlanRange,
): string | undefined {
  if (!("vlan" in output) || output.vlan < first || output.vlan > last) return undefined;
  return `VLAN ${output.vlan} is one of tapVlanRange (${first} to ${last}), whose frames switches deliver as copies of flow entries: use another one`;
}
