// SPDX-License-Identifier: Apache-2.0
import { Port } from "../openflow/index.ts";
import type { Session } from "./session.ts";

/** The value of a counter that a switch does not keep. @spec OpenFlow 1.4.1 §7.3.5.2, §7.3.5.6 */
export const NOT_KEPT = 0xffff_ffff_ffff_ffffn;

/** Reads the counters of all ports of a switch. Undefined: it does not answer. */
export async function readPortStats(session: Session) {
  const outcome = await session.multipart({ type: "portStats", portNo: Port.Any });
  return outcome.type === "reply" ? outcome.reply.flatMap(({ entries }) => entries) : undefined;
}
