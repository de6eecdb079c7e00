// SPDX-License-Identifier: Apache-2.0
import { isBeside, type Switch } from "../../topology/index.ts";

/**
 * Whether frames of OpenVTAP may leave by a switch. They may not where it is not programmed, nor where every
 * table belongs to another application: what enters there is that application's alone.
 */
export function isProbed(found: Switch | undefined): found is Switch {
  return found?.programmed === true && !isBeside(found.forwarding);
}
