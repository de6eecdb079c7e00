// SPDX-License-Identifier: Apache-2.0
import { type OxmField, registerName } from "../../openflow/index.ts";
import {
  besideMark,
  besideMarkText,
  type Dpid,
  isBeside,
  isMirrored,
  type PatchedPort,
  type Topology,
} from "../../topology/index.ts";
import { whyUnmirrored } from "./mirrored-ports.ts";

/** The name of a switch where another application owns every table; undefined for any other switch. */
export function besideName({ switches }: Topology, dpid: Dpid): string | undefined {
  const found = switches.get(dpid);
  return isBeside(found?.forwarding) ? found?.name : undefined;
}

/** By register and bit: rules share the field. */
const fields = new Map<number, OxmField>();

/** Matches the frames whose copies are not made yet, where another application owns every table. */
export function unmarked({ switches }: Topology, dpid: Dpid): OxmField | undefined {
  const mark = besideMark(switches.get(dpid)?.forwarding);
  if (mark === undefined) return undefined;
  const key = mark.register * 32 + mark.bit;
  const mask = 2 ** mark.bit;
  const found = fields.get(key) ?? { field: registerName(mark), value: 0, mask };
  fields.set(key, found);
  return found;
}

/** Why no frames are tapped at a switch. */
export interface Untappable {
  /** A clause. */
  readonly what: string;
  /** Absent: it may end by waiting. */
  readonly state?: "error";
}

/**
 * Why no frames are tapped at a switch where another application owns every table; undefined elsewhere, and
 * where nothing is against it. `patched`: the port whose frames are to be tapped; where mirrors hand them to another
 * switch, they are never tapped at this one.
 */
export function untappable(
  topology: Topology,
  dpid: Dpid,
  patched?: PatchedPort,
): Untappable | undefined {
  const found = topology.switches.get(dpid);
  if (isMirrored(found?.forwarding)) {
    if (patched !== undefined) return whyUnmirrored(topology, patched);
    return { what: `the frames of switch ${found?.name} are tapped where mirrors hand them over` };
  }
  const mark = besideMarkText(found?.forwarding);
  if (found === undefined || mark === undefined) return undefined;
  const { name, isPlain, markCheck } = found;
  if (isPlain) {
    const what = `switch ${name} is not Open vSwitch: it has no ${mark} to mark the frames whose copies are made`;
    return { what, state: "error" };
  }
  if (markCheck === undefined) {
    return { what: `the entries of switch ${name} have not been read yet: they may read ${mark}` };
  }
  const { obstacle } = markCheck;
  return obstacle === undefined ? undefined : { what: obstacle, state: "error" };
}
