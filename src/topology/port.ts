// SPDX-License-Identifier: Apache-2.0
import { PortConfig, type PortDesc, PortState } from "../openflow/index.ts";
import { isPortNo } from "./dpid.ts";
import type { Port } from "./model.ts";

/**
 * A port as the topology keeps it; undefined for a reserved number that no frame goes through. It is up
 * unless it is administratively down, has no link, or is blocked by the switch's own protocols.
 * @spec OpenFlow 1.4.1 §7.2.1
 */
export function portFromDesc(desc: PortDesc): Port | undefined {
  const { portNo: no, name, hwAddr, config, state } = desc;
  if (!isPortNo(no)) return undefined;
  const down = (config & PortConfig.PortDown) | (state & (PortState.LinkDown | PortState.Blocked));
  const up = down === 0;
  return config & PortConfig.NoFwd
    ? { no, name, hwAddr, up, noForward: true }
    : { no, name, hwAddr, up };
}
