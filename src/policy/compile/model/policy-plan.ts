// SPDX-License-Identifier: Apache-2.0
import type { EntryRef, FlowKey, FlowSpec } from "../../../flow-model/index.ts";
import type { Dpid, Hop, IpAddress, PatchedPort, PortAt, PortNo } from "../../../topology/index.ts";
import type { PolicyId } from "../../model/policy.ts";

/** The changes that an edit makes in the tables of the switches. */
export interface CompileDelta {
  readonly switches: ReadonlyMap<Dpid, SwitchDelta>;
  /** Policies whose plan changed, in order of their ids. */
  readonly changed: readonly PolicyId[];
}

/** The changes that an edit makes in the table of one switch. */
export interface SwitchDelta {
  /** Entries to add, or to modify where the switch has one with the same key. */
  readonly set: readonly FlowSpec[];
  readonly delete: readonly FlowKey[];
}

/** Why a policy, or a part of it, is not in effect. */
export interface PlanProblem {
  /** What does not work: the policy, one monitor's copies, or copies of a part of the traffic. */
  readonly blocks: "policy" | "monitor" | "part";
  /** The monitor concerned, as `PolicyPlan.copies` names it. */
  readonly monitor?: string;
  /** A sentence without a full stop: "monitor fa:00:00:00:00:03 has not been seen on any port". */
  readonly what: string;
  /**
   * The state of the policy as long as the problem lasts, where waiting does not solve it; absent: that of
   * a policy that waits.
   */
  readonly state?: "degraded" | "error";
}

/** Frames of which a monitor gets no copies although the policy selects them. */
interface UnseenFrames {
  /** The monitor concerned, as `PolicyPlan.copies` names it. */
  readonly monitor: string;
  /** A sentence without a full stop. */
  readonly what: string;
}

/** A port at which frames of one direction are tapped. */
export interface TappedPort extends PortAt {
  /** The end of the policy that is there. */
  readonly end: "sender" | "receiver";
  readonly direction: "forward" | "reverse";
}

/** How a policy is put into effect. */
export interface PolicyPlan {
  readonly id: PolicyId;
  readonly enabled: boolean;
  /** Where frames are tapped, in words: "s1 port 1 (sender's edge)". */
  readonly tapPoints: readonly string[];
  /** The same ports. */
  readonly taps: readonly TappedPort[];
  /** The ports that must be patched to a bridge of OpenVTAP's own; absent: none. */
  readonly patches?: readonly PatchedPort[];
  /** The bridges of OpenVTAP's own between which its copies take tunnels; absent: none. */
  readonly tunnels?: readonly Dpid[];
  /** One per monitor, in the policy's order. */
  readonly copies: readonly PlannedCopies[];
  /** Mirrors of switches make the copies, and no entries; `problems` are those of the network as it was when the plan was built. */
  readonly isMirrored?: true;
  /** Empty: everything that the policy requests is in the tables. */
  readonly problems: readonly PlanProblem[];
  /** Frames that it does not copy as the network is set up; it is in effect for all others. */
  readonly unseen: readonly UnseenFrames[];
}

/** The entries that make one monitor's copies. */
export interface PlannedCopies {
  /** The monitor as the policy names it. */
  readonly monitor: string;
  /** Rewriting, transit and recovery rules: all must be confirmed for the copies to be active. */
  readonly entries: readonly EntryRef[];
  /**
   * Rules for frames that enter elsewhere with a source address of the monitor's port: while they are not
   * confirmed, these frames alone are not copied. Absent: none.
   */
  readonly ingress?: readonly EntryRef[];
  /** The ports by which the copies leave for the monitor; absent: none are made. */
  readonly outlets?: readonly PortAt[];
  /** Where the copies are counted: one entry for each rewriting rule that makes some of them. */
  readonly countedPaths: readonly CountedPath[];
  /** The ways of copies across links; those of one monitor may start at several switches. */
  readonly ways: readonly CopyWay[];
  /** Why ways cannot be probed, sentences without a full stop. */
  readonly unprobed: readonly string[];
}

/** The addresses of a probe, and the id of its service tag. */
export interface ProbeHeader {
  readonly ethDst: number;
  readonly ethSrc: number;
  readonly vlan: number | undefined;
}

/** Where a tunnel ends, and the key of what enters it. */
export interface ProbeTunnel {
  readonly remote: IpAddress;
  readonly key: number;
}

/**
 * A way that copies take, and how it is probed: a frame with this header, sent out of port `out`, is forwarded
 * as the copies are, and caught at the last switch.
 */
export interface CopyWay {
  /** The same for the same switch, monitor and kind of marking, whatever the links between. */
  readonly id: string;
  readonly marking: MarkingName | "overlay";
  /** The switch that makes the copies. */
  readonly from: Dpid;
  readonly out: PortNo;
  /** The switches after it; the last one is the monitor's. */
  readonly hops: readonly Hop[];
  readonly header: ProbeHeader;
  /** The tunnel that it enters where it is sent. Absent: none. */
  readonly tunnel?: ProbeTunnel;
  /** Bytes of the probe; absent: it is as short as frames can be. */
  readonly length?: number;
  /** The rules that forward copies on the way. */
  readonly entries: readonly EntryRef[];
  /** The rule that catches probes. */
  readonly caught: EntryRef;
}

/** What copies carry: the mark of both addresses, or of one of them, or a tag. */
type MarkingName = "rewrite" | "sourceMark" | "destinationMark" | "tag";

/** How copies are carried across links. */
export interface CopyRoute {
  readonly marking: MarkingName;
  /** The switches that they pass, the one that makes them first. */
  readonly hops: readonly Hop[];
}

/** The path of copies for a monitor, counted at both ends. */
export interface CountedPath {
  /** The rewriting rule. It counts the frames that are copied. */
  readonly source: EntryRef;
  /** Identifies the rule's bucket that makes the copy; see `copyMark`. */
  readonly mark: string;
  /**
   * The rule at the monitor's switch that restores the copy; it counts the copies that arrive. Absent
   * when the monitor is on the rewriting rule's switch.
   */
  readonly sink?: EntryRef;
  /**
   * The rule at the monitor's switch that restores the copy, also where it counts fewer frames than are copied
   * because a treatment leaves some out. Absent as `sink` is.
   */
  readonly arrival?: EntryRef;
  /** How it is carried across links. Absent when it crosses none. */
  readonly route?: CopyRoute;
  /** The switch of the monitor, which a tunnel between bridges of OpenVTAP's own leads to. Absent: there is none. */
  readonly overlaid?: Dpid;
  /**
   * Index (from 0) of the policy's balanced set that the monitor is in: only one monitor of the set
   * gets a copy of a frame that the rule counts.
   */
  readonly set?: number;
  /** The policy requests a copy of every frame that the rule matches, not only of some. */
  readonly exact: boolean;
}
