import type { FlowSpec } from "../flow-model/index.ts";
import type { Dpid, PortNo } from "../topology/index.ts";

/** Whether a frame is the production frame, or was sent by a bucket or rule that makes copies. */
export type FrameRole = "original" | "copy";

/** A frame at a port, entering or leaving a switch. */
export interface FrameAt {
  readonly dpid: Dpid;
  readonly port: PortNo;
  readonly bytes: Uint8Array;
}

/** A rule that a frame met. */
export interface Fired {
  readonly table: number;
  /** Undefined: no rule of the table matched, and the frame went no further there. */
  readonly flow: FlowSpec | undefined;
  /** The frame as the rule found it. */
  readonly bytes: Uint8Array;
  /** It met the rule after a resubmit, not by entering the switch. */
  readonly resubmitted: boolean;
}

/** What a frame that is sent is like. */
interface SentFrame {
  readonly bytes: Uint8Array;
  readonly role: FrameRole;
  /** A meter is in its way, which drops it when too many of its kind come at a time. */
  readonly mayDrop: boolean;
}

/** What a switch did with a frame, or with one of its copies. */
export type Sent =
  | ({ readonly to: "port"; readonly port: PortNo } & SentFrame)
  /** A table that none of the given entries are in: another application goes on from there. */
  | ({ readonly to: "table"; readonly table: number } & SentFrame)
  | ({ readonly to: "controller" } & SentFrame);

/** What a switch did with a frame that entered it. */
export interface Switched {
  readonly fired: readonly Fired[];
  readonly sent: readonly Sent[];
}

/** A frame's stay at a switch. */
export interface Visit extends Switched {
  readonly dpid: Dpid;
  readonly inPort: PortNo;
  readonly bytes: Uint8Array;
  readonly role: FrameRole;
  readonly mayDrop: boolean;
  /** Index of the visit that sent it here; undefined where it entered the network. */
  readonly from: number | undefined;
}

/** A frame that left the network by an edge port. */
export interface Delivery extends FrameAt {
  readonly role: FrameRole;
  readonly mayDrop: boolean;
  /** Index of the visit that sent it. */
  readonly from: number;
}

/** What became of a frame in a network. */
export interface Outcome {
  /** In an order of their own; the first one is where the frame entered. */
  readonly visits: readonly Visit[];
  readonly delivered: readonly Delivery[];
}
