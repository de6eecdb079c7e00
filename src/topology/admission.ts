// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import type { Dpid } from "./dpid.ts";
import type { ForwardingProfile } from "./forwarding-profile.ts";

/** How to treat a switch that is in no topology file. */
type UnknownSwitches = "accept" | "quarantine" | "refuse";

/** Which switches belong to the network besides those that topology files name. */
export interface AdmissionRules {
  readonly unknownSwitches: UnknownSwitches;
  /** If given, only these are accepted; others are quarantined, or refused if so configured. */
  readonly allowedSwitches?: ReadonlySet<Dpid>;
  /** Forwarding profile of an accepted switch. */
  readonly defaultForwarding: ForwardingProfile;
}

/**
 * Whether a switch is managed, and why, as a clause. `file`: a topology file names it; `accepted`:
 * treated as if one did; `quarantined`: visible, and left alone. A `refused` switch has no session.
 */
export interface Admission {
  readonly state: "file" | "accepted" | "quarantined" | "refused";
  readonly why: string;
}

/** The default: only switches that files name are programmed. */
export const CLOSED_ADMISSION: AdmissionRules = {
  unknownSwitches: "quarantine",
  defaultForwarding: "paths",
};

/** The rules that are configured; the rest follows from the topology files. */
export type AdmissionSettings = Partial<AdmissionRules>;

/**
 * The effective rules. If no topology file names a switch, every switch that connects belongs to the
 * network; otherwise, or with a list of allowed switches, an unknown switch is taken for a mistake.
 */
export function admissionRules(
  { unknownSwitches, allowedSwitches, defaultForwarding = "paths" }: AdmissionSettings,
  filesNameSwitches: boolean,
): AdmissionRules {
  const isOpen = !filesNameSwitches && allowedSwitches === undefined;
  return {
    unknownSwitches: unknownSwitches ?? (isOpen ? "accept" : "quarantine"),
    ...defined({ allowedSwitches }),
    defaultForwarding,
  };
}

export function sameRules(x: AdmissionRules, y: AdmissionRules): boolean {
  const text = ({ unknownSwitches, allowedSwitches, defaultForwarding }: AdmissionRules) =>
    JSON.stringify([unknownSwitches, [...(allowedSwitches ?? "*")].sort(), defaultForwarding]);
  return text(x) === text(y);
}

/** Decides by the datapath id alone, so that the order in which switches connect is irrelevant. */
export function admissionOf(dpid: Dpid, isInFile: boolean, rules: AdmissionRules): Admission {
  if (isInFile) return IN_FILE;
  const { unknownSwitches, allowedSwitches } = rules;
  if (allowedSwitches?.has(dpid)) return ALLOWED;
  const why = allowedSwitches
    ? "it is in no topology file and not among the allowed switches"
    : `it is in no topology file, and unknown switches are ${PAST[unknownSwitches]}`;
  if (unknownSwitches === "refuse") return { state: "refused", why };
  if (unknownSwitches === "accept" && !allowedSwitches) return { state: "accepted", why };
  return { state: "quarantined", why };
}

/** A bridge that OpenVTAP has made for its taps. */
export const OWN_BRIDGE: Admission = { state: "accepted", why: "OpenVTAP has made it for taps" };

const IN_FILE: Admission = { state: "file", why: "a topology file names it" };
const ALLOWED: Admission = { state: "accepted", why: "it is among the allowed switches" };
const PAST = { accept: "accepted", quarantine: "quarantined", refuse: "refused" } as const;

/** Whether OpenVTAP programs a switch with this admission. */
export function isProgrammed({ state }: Admission): boolean {
  return state === "file" || state === "accepted";
}
