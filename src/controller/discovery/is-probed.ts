// SPDX-License-Identifier: Apache-2.0
import { hasTapsAlone, type Switch } from "../../topology/index.ts";

/**
 * Whether frames of OpenVTAP may leave by a switch. They may not where it is not programmed, nor where every
 * table belongs to another application: what enters there is that application's alone. By a bridge for taps only
 * copies leave.
 */
export function isProbed(found: Switch | undefined): found is Switch {
  return found?.programmed === true && !hasTapsAlone(found.forwarding);
}

/** Whether OpenVTAP has a switch send frames: also bridges of its own, between which it probes tunnels. */
export function sendsProbes(found: Switch | undefined): boolean {
  return found?.forwarding === "copies" || isProbed(found);
}
