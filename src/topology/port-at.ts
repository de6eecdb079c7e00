// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "./dpid.ts";

/** A port of a switch, by number. */
export interface PortAt {
  readonly dpid: Dpid;
  readonly port: PortNo;
}
