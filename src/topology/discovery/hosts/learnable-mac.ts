// SPDX-License-Identifier: Apache-2.0
import { isGroupMac } from "../../../openflow/index.ts";
import { isTapMark } from "../../tap-mark-range.ts";
import { PROBE_SOURCE } from "../probe-address.ts";

/**
 * Whether a host can be learned at this address: no group address, not zero, no tap mark, not the probe source. Rules that
 * handle tap marks make room for named hosts only: any device could send frames from more and more such addresses, until no
 * marks are left.
 */
export function isLearnableMac(mac: number): boolean {
  return mac > 0 && !isGroupMac(mac) && !isTapMark(mac) && mac !== PROBE_SOURCE;
}
