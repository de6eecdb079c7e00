// SPDX-License-Identifier: Apache-2.0
import type { Moment } from "../../access/moment.ts";
import { systemClock } from "../../runtime/clock.ts";

/** The present moment by the clocks of the process. */
export function presentMoment(): Moment {
  return { wallMs: Date.now(), steadyMs: systemClock.now() };
}
