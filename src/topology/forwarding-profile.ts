// SPDX-License-Identifier: Apache-2.0
import { parseRegisterBit, type RegisterBit } from "../openflow/index.ts";

/**
 * What forwards the original packets on a switch: OpenVTAP along shortest paths, the switch's own L2
 * learning, another application that owns the tables from `table` on, or another application that owns
 * every table.
 */
export type ForwardingProfile = "paths" | "normal" | { readonly table: number } | BesideProfile;

/** Another application owns every table: OpenVTAP has rules for taps there, and nothing else. */
interface BesideProfile {
  readonly beside: {
    /** The register bit that a frame has once its copies are made, as `parseRegisterBit` reads it. */
    readonly mark: string;
  };
}

/** The register bit of a bridge beside another application, unless a file names one. */
export const DEFAULT_MARK = "reg10[27]";

/** The mark of frames whose copies are made; undefined where OpenVTAP is not beside an application that owns every table. */
export function besideMark(profile: ForwardingProfile | undefined): RegisterBit | undefined {
  const text = besideMarkText(profile);
  return text === undefined ? undefined : parseRegisterBit(text);
}

/** The same, as the file names it. */
export function besideMarkText(profile: ForwardingProfile | undefined): string | undefined {
  return typeof profile === "object" && "beside" in profile ? profile.beside.mark : undefined;
}

/** Whether another application owns every table of a switch. */
export function isBeside(profile: ForwardingProfile | undefined): boolean {
  return besideMarkText(profile) !== undefined;
}

/** Whether two profiles are the same. */
export function sameProfile(a: ForwardingProfile, b: ForwardingProfile): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
