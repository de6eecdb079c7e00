import { defined } from "../lang/defined.ts";
import type { Dpid } from "./dpid.ts";
import type { ForwardingProfile } from "./forwarding-profile.ts";

/** What becomes of a switch that is in no topology file. */
export type UnknownSwitches = "accept" | "quarantine" | "refuse";

/** Who may be a switch of this network, besides those that topology files name. */
export interface AdmissionRules {
  readonly unknownSwitches: UnknownSwitches;
  /** When given, only these are accepted; the others are quarantined, or refused if so set. */
  readonly allowedSwitches?: ReadonlySet<Dpid>;
  /** Who forwards on a switch that is accepted. */
  readonly defaultForwarding: ForwardingProfile;
}

/**
 * What a switch is to us, and why, as a clause. `file`: a topology file names it; `accepted`: treated
 * as if one did; `quarantined`: visible, and left alone. One that is `refused` has no session.
 */
export interface Admission {
  readonly state: "file" | "accepted" | "quarantined" | "refused";
  readonly why: string;
}

/** What holds until somebody says otherwise: only what files name is touched. */
export const CLOSED_ADMISSION: AdmissionRules = {
  unknownSwitches: "quarantine",
  defaultForwarding: "paths",
};

/** What was set of the rules; the rest follows from the topology files. */
export type AdmissionSettings = Partial<AdmissionRules>;

/**
 * The rules that hold for some settings. With no topology file that names a switch every switch that
 * comes is the network; with one, or with a list of those allowed, a stranger is somebody's mistake.
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

/** Judges a switch by its datapath id alone, so that the order in which switches come is irrelevant. */
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

const IN_FILE: Admission = { state: "file", why: "a topology file names it" };
const ALLOWED: Admission = { state: "accepted", why: "it is among the allowed switches" };
const PAST = { accept: "accepted", quarantine: "quarantined", refuse: "refused" } as const;

/** Whether a switch so admitted is to be programmed. */
export function isProgrammed({ state }: Admission): boolean {
  return state === "file" || state === "accepted";
}
