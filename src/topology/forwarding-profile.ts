// SPDX-License-Identifier: Apache-2.0
import { parseRegisterBit, type RegisterBit } from "../openflow/index.ts";

/**
 * What forwards the original packets on a switch: OpenVTAP along shortest paths, the switch's own L2
 * learning, another application that owns the tables from `table` on, or another application that owns
 * every table. `copies`: nothing; mirrors hand frames to it, of which only copies leave (no file writes this).
 */
export type ForwardingProfile =
  | "paths"
  | "normal"
  | "copies"
  | { readonly table: number }
  | MarkedProfile
  | MirroredProfile;

/** Another application owns every table: OpenVTAP has rules for taps in the first one, and nothing else. */
interface MarkedProfile {
  readonly beside: {
    /** The register bit that a frame has once its copies are made, as `parseRegisterBit` reads it. */
    readonly mark: string;
  };
}

/** Another application owns every table: mirrors hand the frames of tapped ports to a bridge of OpenVTAP's own. */
interface MirroredProfile {
  readonly beside: {
    readonly mirrors: true;
    /** The IP address at which tunnels for copies end there; absent: that of the application's own tunnels. */
    readonly endpoint?: string;
  };
}

/** The register bit of a bridge beside another application, unless a file names one. */
export const DEFAULT_MARK = "reg10[27]";

/** The mark of frames whose copies are made; undefined where OpenVTAP has no rules in the tables of such an application. */
export function besideMark(profile: ForwardingProfile | undefined): RegisterBit | undefined {
  const text = besideMarkText(profile);
  return text === undefined ? undefined : parseRegisterBit(text);
}

/** The same, as the file names it. */
export function besideMarkText(profile: ForwardingProfile | undefined): string | undefined {
  if (!isBeside(profile)) return undefined;
  return "mark" in profile.beside ? profile.beside.mark : undefined;
}

/** Whether another application owns every table of a switch. */
export function isBeside(
  profile: ForwardingProfile | undefined,
): profile is MarkedProfile | MirroredProfile {
  return typeof profile === "object" && "beside" in profile;
}

/** Whether mirrors hand the frames of a switch to a bridge of OpenVTAP's own. */
export function isMirrored(profile: ForwardingProfile | undefined): boolean {
  return isBeside(profile) && "mirrors" in profile.beside;
}

/** Whether OpenVTAP forwards no originals on a switch: it has rules for taps there, and nothing else. */
export function hasTapsAlone(profile: ForwardingProfile | undefined): boolean {
  return profile === "copies" || isBeside(profile);
}

/** Whether two profiles are the same. */
export function sameProfile(a: ForwardingProfile, b: ForwardingProfile): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
