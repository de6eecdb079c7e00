// SPDX-License-Identifier: Apache-2.0
import type { CounterChannel, ListedCounter } from "../../counters/index.ts";
import { cookieOf } from "../../flow-model/index.ts";
import { type FlowEntry, flowRequest, type Instruction } from "../../openflow/index.ts";
import type { MessageOf } from "../../openflow-session/request-outcome.ts";
import type { Session } from "../../openflow-session/session.ts";
import { NOT_KEPT, readPortStats } from "../../openflow-session/statistics.ts";
import { describeFailure } from "../../openflow-session/transactions.ts";

/** Maximum time for a switch to list its counters, in milliseconds. */
const LISTING_TIMEOUT_MS = 60_000;

/** Adapts a session to the channel through which counters are read. */
export function counterChannelOf(session: Session): CounterChannel {
  return {
    async readCounters(category, each) {
      const outcome = await session.multipart(flowRequest(cookieOf(category)), {
        timeoutMs: LISTING_TIMEOUT_MS,
        each: ({ entries }) => each(entries.filter(counts).map(listed)),
      });
      return outcome.type === "reply" ? undefined : describeFailure(outcome);
    },

    async readPorts() {
      const read = await readPortStats(session);
      return (
        read &&
        new Map(
          read.map(({ portNo, rxPackets, txPackets, txBytes }) => {
            const isCounted = txPackets !== NOT_KEPT && txBytes !== NOT_KEPT;
            const sent = { packets: Number(txPackets), bytes: Number(txBytes) };
            return [portNo, { received: Number(rxPackets), sent: isCounted ? sent : undefined }];
          }),
        )
      );
    },
  };
}

/** The final counts of a removed entry; undefined when the switch does not count. */
export function lastCount(message: MessageOf<"flowRemoved">): ListedCounter | undefined {
  return counts(message) ? { ...counter(message), group: undefined } : undefined;
}

type Counting = Pick<
  FlowEntry,
  "cookie" | "packetCount" | "byteCount" | "durationSec" | "durationNsec"
>;

function counts({ packetCount }: Pick<Counting, "packetCount">): boolean {
  return packetCount !== NOT_KEPT;
}

function listed(entry: FlowEntry): ListedCounter {
  return { ...counter(entry), group: groupIn(entry.instructions) };
}

function counter({ cookie, packetCount, byteCount, durationSec, durationNsec }: Counting) {
  return {
    cookie,
    packets: Number(packetCount),
    bytes: byteCount === NOT_KEPT ? 0 : Number(byteCount),
    durationMs: durationSec * 1000 + Math.floor(durationNsec / 1e6),
  };
}

/** The group that an entry sends frames to. */
function groupIn(instructions: readonly Instruction[]): number | undefined {
  for (const instruction of instructions) {
    if (instruction.type !== "applyActions") continue;
    for (const action of instruction.actions) if (action.type === "group") return action.groupId;
  }
  return undefined;
}
