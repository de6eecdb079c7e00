import type { FlowKey, FlowSpec } from "./entry.ts";

/** An end of a link that floods must not use. */
export interface ClosedEnd {
  readonly dpid: string;
  readonly port: number;
  /** The entry of that switch that keeps floods out which come in by the port. */
  readonly drop: FlowKey;
}

/** A switch on a way, and how frames come to it. */
export interface WayStep {
  readonly dpid: string;
  readonly inPort: number;
  /** An entry that would drop all that enters by that port: it is not wanted. */
  readonly shut: FlowKey;
}

/** The far end of a link. */
export interface FarEnd {
  readonly dpid: string;
  readonly port: number;
  /** Whether the link is up. */
  readonly up: boolean;
}

/** The way on from a switch to a host. */
export interface WayOn {
  /** The switch that the host is at. */
  readonly to: string;
  readonly mac: number;
  /** The entry of base forwarding for that host, on every switch. */
  readonly key: FlowKey;
  /** The switches on it that base forwarding programs. */
  readonly steps: readonly WayStep[];
}

/**
 * In which order base forwarding moves from one tree and one set of paths to another. What is wanted
 * is in the entries; this says what must be so before an entry may be changed, so that at no moment
 * frames go round or get lost. It is about what is wanted now, whatever was before.
 */
export interface ForwardingOrder {
  /** The entry of every switch that floods. */
  readonly floodKey: FlowKey;
  /**
   * Links that would close a loop with the link at a port: of each, one end must be closed (it sends
   * no floods there and takes none in) before the port is opened. Both ends of each are given, as
   * far as they are ours to close. Empty for a port without a link in the tree.
   */
  before(dpid: string, port: number): readonly (readonly ClosedEnd[])[];
  /**
   * The way on from here to the host that an entry of base forwarding, or the original of a tap's, is
   * for: whatever those switches do with frames for it must be as it is wanted before. Undefined for
   * an entry that is for no host elsewhere.
   */
  wayOn(dpid: string, entry: FlowSpec): WayOn | undefined;
  /** The far end of the link at a port, up or not; undefined where no link is. */
  far(dpid: string, port: number): FarEnd | undefined;
  /** The entry of base forwarding for the frames of an address. */
  hostKey(mac: number): FlowKey;
}
