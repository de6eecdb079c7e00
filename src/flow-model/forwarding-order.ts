// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "./entry.ts";

/** An end of a link that is closed to floods. */
export interface ClosedEnd {
  readonly dpid: string;
  readonly port: number;
  /** The entry of that switch that drops floods that enter by the port. */
  readonly drop: FlowKey;
}

/** A switch on a path, and the port by which frames enter it. */
export interface PathStep {
  readonly dpid: string;
  readonly inPort: number;
  /** An entry that would drop all frames that enter by that port: it must not be installed. */
  readonly shut: FlowKey;
}

/** The far end of a link. */
export interface FarEnd {
  readonly dpid: string;
  readonly port: number;
  /** Whether the link is up. */
  readonly up: boolean;
}

/** The path from a switch to a host. */
export interface PathToHost {
  /** The switch of the host. */
  readonly to: string;
  readonly mac: number;
  /** The entry of base forwarding for that host, on every switch. */
  readonly key: FlowKey;
  /** The switches on the path that base forwarding programs. */
  readonly steps: readonly PathStep[];
}

/**
 * The order in which base forwarding changes from one tree and set of paths to another. The entries
 * contain the desired state; this interface states the conditions under which an entry may be changed,
 * so that frames never loop or get lost. It depends on the desired state only, not on earlier states.
 */
export interface ForwardingOrder {
  /** The entry of every switch that floods. */
  readonly floodKey: FlowKey;
  /**
   * Links that would close a loop with the link at a port: one end of each must be closed (it neither
   * sends nor accepts floods) before the port is opened. Lists for each link those of its ends that
   * OpenVTAP can close. Empty for a port without a link in the tree.
   */
  before(dpid: string, port: number): readonly (readonly ClosedEnd[])[];
  /**
   * The path from a switch to the host of an entry of base forwarding, or of a rewriting rule with its
   * original: all entries of the switches on the path for that host must be in the desired state
   * before. Undefined for an entry without a host on another switch.
   */
  pathToHost(dpid: string, entry: FlowSpec): PathToHost | undefined;
  /** The far end of the link at a port, up or down; undefined without a link. */
  far(dpid: string, port: number): FarEnd | undefined;
  /** The entry of base forwarding for the frames of an address. */
  hostKey(mac: number): FlowKey;
}
