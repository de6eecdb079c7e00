// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../../dpid.ts";
import type { IpAddress } from "../../ip-address.ts";
import type { PortAt } from "../../port-at.ts";
import type { LearnedHost } from "./host-entry.ts";

/** A host named by a file or a REST client. */
export interface NamedHost {
  readonly mac: number;
  readonly ips: readonly IpAddress[];
  readonly dpid: Dpid;
  /** Undefined while its switch has no such port. */
  readonly port: PortNo | undefined;
}

/** A learned host as stored over a restart. */
export interface RememberedHost extends Omit<LearnedHost, "formerly"> {
  /** The ports that it has left; absent: none. */
  readonly formerly?: readonly PortAt[];
  /** On the table's clock; may be before its zero. */
  readonly lastSeen: number;
}
