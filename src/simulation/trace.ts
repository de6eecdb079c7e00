// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../flow-model/index.ts";
import type { Dpid, PortNo } from "../topology/index.ts";

/** `original`: the production frame; `copy`: sent by a bucket or rule that makes copies. */
export type FrameRole = "original" | "copy";

/** A frame at a port, entering or leaving a switch. */
export interface FrameAt {
  readonly dpid: Dpid;
  readonly port: PortNo;
  readonly bytes: Uint8Array;
}

/** A lookup of a frame in a table. */
export interface Fired {
  readonly table: number;
  /** Undefined: no rule of the table matched, and the frame was dropped there. */
  readonly flow: FlowSpec | undefined;
  /** The frame as it was matched. */
  readonly bytes: Uint8Array;
  /** The lookup followed a resubmit, not the entry into the switch. */
  readonly resubmitted: boolean;
}

/** A frame that a switch sends. */
interface SentFrame {
  readonly bytes: Uint8Array;
  readonly role: FrameRole;
  /** A meter may drop it when the rate is exceeded. */
  readonly mayDrop: boolean;
}

/** What a switch did with a frame, or with one of its copies. */
export type Sent =
  | ({ readonly to: "port"; readonly port: PortNo } & SentFrame)
  /** A table without any of the given entries: another application continues there. */
  | ({ readonly to: "table"; readonly table: number } & SentFrame)
  | ({ readonly to: "controller" } & SentFrame);

/** What a switch did with a frame that entered it. */
export interface Switched {
  readonly fired: readonly Fired[];
  readonly sent: readonly Sent[];
}

/** A frame's passage through a switch. */
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

/** The result of sending a frame into a network. */
export interface Outcome {
  /** The first visit is where the frame entered; each other visit comes after its `from`. */
  readonly visits: readonly Visit[];
  readonly delivered: readonly Delivery[];
}
