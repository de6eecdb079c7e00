import type { IpAddress } from "../../topology/index.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";

/** Identity of a policy: 1 to 64 of `a-z 0-9 . _ -`. */
export type PolicyId = string & { readonly __brand: "PolicyId" };

/** Which way the tapped conversation flows. */
export type Direction = "forward" | "reverse" | "both";

/** An address with how many of its leading bits count (32 or 128: a single address). */
export interface IpPrefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** A switch port as a policy names it: the switch by name or dpid, the port by number or name. */
export interface PortName {
  readonly switch: string;
  readonly port: number | string;
}

/** Who an end of the conversation is. Every key given must hold; none given means anyone. */
export interface Party {
  readonly mac?: number;
  readonly ip?: IpPrefix;
  /** A host's name in the topology. */
  readonly host?: string;
  readonly port?: PortName;
}

/** Where copies go: one device, named by any of its properties. */
export interface Monitor extends Party {
  /** The set of the policy, from 0, that it shares the flows with; undefined: it gets them all. */
  readonly set?: number;
  /** Copies for it leave by this. */
  readonly tunnel?: Tunnel;
}

/** How a copy travels to its monitor. */
export type Delivery = "auto" | "rewrite" | "tag" | "tunnel";

/** The tunnel that copies leave their tap point by. */
export interface Tunnel {
  /** The tunnel's port at each tap point, by number or name. */
  readonly port: number | string;
  /** Where the tunnel ends; undefined: the port says so. */
  readonly remote?: IpAddress;
  /** VXLAN network id, GRE key or ERSPAN session; undefined: the port says so. */
  readonly key?: number;
}

/** How many copies of a policy may leave a switch for a monitor. */
export interface RateLimit {
  readonly unit: "kbps" | "pps";
  /** Kilobits, or packets, per second. */
  readonly rate: number;
}

/** A policy as the compiler reads it; see `PolicyDocument` for what the user wrote. */
export interface Policy {
  readonly id: PolicyId;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly sender: Party;
  readonly receiver: Party;
  /** In the order written, at least one. */
  readonly monitors: readonly Monitor[];
  readonly direction: Direction;
  /** All must hold. */
  readonly filters: readonly FilterTerm[];
  /** A frame that one of these matches (all of its terms) is not copied for this policy. */
  readonly exclude: readonly (readonly FilterTerm[])[];
  readonly delivery: Delivery;
  /** Copies that travel by MAC rewriting get their monitor's IP address for their destination, too. */
  readonly rewriteIp?: boolean;
  /** Bytes of each frame that its copies keep; undefined: all. */
  readonly truncate?: number;
  /** How many of `SAMPLE_PARTS` flows are copied; undefined: all. */
  readonly sample?: number;
  /** How many copies may leave a switch for a monitor; undefined: all. */
  readonly rateLimit?: RateLimit;
}
