// SPDX-License-Identifier: Apache-2.0
import type { Operation } from "../../ovsdb/index.ts";
import type { Dpid, PatchedPort, PortNo } from "../../topology/index.ts";
import type { NamedBridge } from "../databases/bridge-settings.ts";

/** The bridge of OpenVTAP's own in a database, as it is to be. */
export interface OwnBridge {
  readonly name: string;
  readonly dpid: Dpid;
  /** Whose rows they are. */
  readonly label: string;
  /** Where it connects to OpenVTAP. */
  readonly controller: string;
  /** The uuid of the row of the database as a whole. */
  readonly root: string;
  /** The port for tunnels; absent: it has none. */
  readonly tunnel?: TunnelPort;
}

/** The port of the bridge by which copies leave for others, and come from them. */
export interface TunnelPort {
  readonly name: string;
  /** As Open vSwitch names it. */
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A pair of patch ports as it is to be. */
export interface DesiredPatch {
  readonly patched: PatchedPort;
  /** Whether mirrors may hand frames over by it: what copies them is in place. */
  readonly isReady: boolean;
  /** The ports whose frames come by it; absent: the one alone, or those that its mirror selects at present. */
  readonly members?: readonly PortNo[];
}

/** A bridge of another application, and what it is to have. */
export interface SourceBridge {
  readonly bridge: NamedBridge;
  /** Whether its frames are handed over; if not, patch ports and mirrors may be left from before. */
  readonly isMirrored: boolean;
  readonly patches: readonly DesiredPatch[];
}

/** What leads to the desired rows. */
export interface TapBridgePlan {
  readonly operations: readonly Operation[];
  /** By the name of the patch port at the source: the mirrors that are there after that. */
  readonly contents: ReadonlyMap<string, string>;
  /** Of these the ones whose rows are there as they are to be. */
  readonly unchanged: ReadonlyMap<string, string>;
  /** By the same name: why there is no mirror, a clause. */
  readonly problems: ReadonlyMap<string, string>;
}
