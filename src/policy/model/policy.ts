// SPDX-License-Identifier: Apache-2.0
import type { IpAddress } from "../../topology/index.ts";
import type { FilterTerm, HostReference } from "../match-region/filter-term.ts";

/** Identity of a policy: 1 to 64 of `a-z 0-9 . _ -`. */
export type PolicyId = string & { readonly __brand: "PolicyId" };

/** Identity of a group of addresses and hosts: 1 to 64 of `a-z 0-9 . _ -`. */
export type GroupId = string & { readonly __brand: "GroupId" };

/** Which direction of the conversation is tapped. */
export type Direction = "forward" | "reverse" | "both";

/** An address and the number of its leading bits that count (32 or 128: a single address). */
export interface IpPrefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** A switch port as a policy names it: the switch by name or dpid, the port by number or name. */
export interface PortName {
  readonly switch: string;
  readonly port: number | string;
}

/** An end of the conversation. Every key given must hold; without keys it is any host. */
export interface Party extends HostReference {
  readonly mac?: number;
  readonly ip?: IpPrefix;
  readonly port?: PortName;
}

/** The destination of copies: one device, named by any of its properties. */
export interface Monitor extends Party {
  /** Index (from 0) of the balanced set that shares the flows; undefined: it gets all flows. */
  readonly set?: number;
  /** The tunnel for its copies; undefined: none. */
  readonly tunnel?: Tunnel;
  /** Instead of an identifier: on each switch its one port with a name of this pattern (`*`: any characters). */
  readonly local?: string;
  /** Instead of an identifier: on each switch its ports in this VLAN, to which copies are sent with its tag. */
  readonly rspanVlan?: number;
}

/** How a copy is carried to its monitor. */
export type Delivery = "auto" | "rewrite" | "mark" | "tag" | "tunnel" | "overlay" | "mirror";

/** The tunnel by which copies leave their tap point. */
export interface Tunnel {
  /** The tunnel's port at each tap point, by number or name. */
  readonly port: number | string;
  /** Where the tunnel ends; undefined: the port determines it. */
  readonly remote?: IpAddress;
  /** VXLAN network id, GRE key or ERSPAN session; undefined: the port determines it. */
  readonly key?: number;
}

/**
 * How many copies of a policy may leave a switch for a monitor: a token bucket of `burst`, which is full
 * at first and refilled at `rate`.
 */
export interface RateLimit {
  readonly unit: "kbps" | "pps";
  /** Kilobits, or packets, per second. */
  readonly rate: number;
  /** Kilobits, or packets, that may leave at once. */
  readonly burst: number;
  /**
   * All copies with this name share the rate on a switch, whatever their policies and monitors. Absent: those of the
   * policy for one monitor do.
   */
  readonly sharedAs?: string;
}

/** When a policy is in effect, in milliseconds since 1970; an absent end is open. */
export interface Lifetime {
  readonly startsAt?: number;
  /** It is in effect before this moment, and no longer at it. */
  readonly endsAt?: number;
  /** It ends when so many copies, or bytes of copies, have been counted for it. */
  readonly stopAfter?: { readonly unit: "packets" | "bytes"; readonly count: number };
}

/** A policy as the compiler reads it; `PolicyDocument` is the form that users write. */
export interface Policy {
  readonly id: PolicyId;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  /**
   * Only frames are copied that enter or leave a port of this project, and only to monitors at its ports;
   * undefined: all.
   */
  readonly project?: string;
  /** When it is in effect, which is not the compiler's concern; absent: always. */
  readonly lifetime?: Lifetime;
  /** Any of these, at least one. */
  readonly senders: readonly Party[];
  /** Any of these, at least one. */
  readonly receivers: readonly Party[];
  /** In the order written, at least one. */
  readonly monitors: readonly Monitor[];
  readonly direction: Direction;
  /** The groups that it names, whose members are among its senders, receivers and filters. */
  readonly groups: readonly GroupId[];
  /** Any of these, at least one: all terms of it must hold. */
  readonly filters: readonly (readonly FilterTerm[])[];
  /** A frame for which all terms of one of these hold is not copied for this policy. */
  readonly exclude: readonly (readonly FilterTerm[])[];
  readonly delivery: Delivery;
  /** Copies with rewritten MAC addresses also get their monitor's IP address as destination. */
  readonly rewriteIp?: boolean;
  /** Bytes of each frame that its copies keep; undefined: all. */
  readonly truncate?: number;
  /** How many of `SAMPLE_PARTS` flows are copied; undefined: all. */
  readonly sample?: number;
  /** How many copies may leave a switch; undefined: all. */
  readonly rateLimit?: RateLimit;
}

/** Whether flow entries make the copies of a policy: it is enabled, and not delivered by mirrors. */
export function isByEntries({ enabled, delivery }: Pick<Policy, "enabled" | "delivery">): boolean {
  return enabled && delivery !== "mirror";
}
