import type { PolicyStateName } from "../../status/policy-status.ts";
import type { RuleView } from "../../views/rule-view.ts";

/** A port, and who is known there. */
export interface PortView {
  readonly switch: string;
  readonly dpid: string;
  readonly port: number;
  /** Names (or addresses) of the hosts known at the port. */
  readonly hosts: readonly string[];
}

/** What a policy says of the frame. */
export interface ExplainedPolicy {
  readonly id: string;
  readonly state: PolicyStateName;
  readonly matches: boolean;
  /** Why it does not match, or why it makes no copies although it does. */
  readonly reason?: string;
  readonly monitors: readonly {
    readonly monitor: string;
    readonly copied: boolean;
    readonly reason?: string;
  }[];
}

/** Whether an entry is on its switch. */
export type InstalledState = "confirmed" | "pending" | "refused";

/** A rule that the frame meets; `frame` is what it finds, in hex. */
export interface FiredRule extends RuleView {
  readonly state: InstalledState;
  /** Why a switch refused it. */
  readonly detail?: string;
  readonly frame: string;
}

/** What a switch sends. */
export interface SentView {
  readonly kind: "original" | "copy";
  readonly frame: string;
  /** A meter may drop it. */
  readonly mayDrop: boolean;
  readonly to:
    | { readonly port: number; readonly link: { readonly switch: string; readonly port: number } }
    | { readonly port: number; readonly hosts: readonly string[] }
    | { readonly table: number }
    | { readonly controller: true };
}

/** A frame at one switch on its way. */
export interface HopExplained {
  readonly switch: string;
  readonly dpid: string;
  readonly inPort: number;
  readonly kind: "original" | "copy";
  /** As it enters, in hex. */
  readonly frame: string;
  /** Index of the hop it comes from; absent where it enters the network. */
  readonly from?: number;
  readonly rules: readonly FiredRule[];
  readonly sends: readonly SentView[];
}

/** A copy that arrives. */
export interface ArrivedCopy extends PortView {
  /** Policies that want it. */
  readonly policies: readonly string[];
  readonly frame: string;
  /** Whether it is the frame as it entered, bit for bit, or as much of it as a policy asks for. */
  readonly bitExact: boolean;
  readonly mayDrop: boolean;
  /** The switches it comes by, as indexes of hops. */
  readonly way: readonly number[];
}

/** What becomes of a frame, and why. */
export interface Explanation {
  readonly frame: string;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly at: PortView;
  readonly policies: readonly ExplainedPolicy[];
  /** Policies that are not listed: none of them matches. */
  readonly unlistedPolicies: number;
  readonly hops: readonly HopExplained[];
  /** Where the original leaves the network. */
  readonly originals: readonly PortView[];
  readonly copies: readonly ArrivedCopy[];
  /** Whether the switches hold what this answer is computed from. */
  readonly installed: { readonly state: InstalledState; readonly reasons: readonly string[] };
  /** Whether the tables do what the policies mean. Anything here is a defect of OpenVTAP. */
  readonly agreement: { readonly ok: boolean; readonly problems: readonly string[] };
  /** What is taken for granted where other programs decide. */
  readonly assumptions: readonly string[];
}
