// SPDX-License-Identifier: Apache-2.0
import type { CounterChannel, ListedCounter } from "../../counters/index.ts";
import { cookieOf } from "../../flow-model/index.ts";
import { type FlowEntry, flowRequest, type Instruction, Port } from "../../openflow/index.ts";
import type { MessageOf } from "../../openflow-session/request-outcome.ts";
import type { Session } from "../../openflow-session/session.ts";
import { describeFailure } from "../../openflow-session/transactions.ts";

/** Maximum time for a switch to list its counters, in milliseconds. */
const LISTING_TIMEOUT_MS = 60_000;

/** The value of a count that a switch does not keep. @spec OpenFlow 1.4.1 §7.3.5.2 */
const NOT_COUNTED = 0xffff_ffff_ffff_ffffn;

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

    async readReceived() {
      const outcome = await session.multipart({ type: "portStats", portNo: Port.Any });
      if (outcome.type !== "reply") return undefined;
      const frames = outcome.reply.flatMap(({ entries }) =>
        entries.map(({ portNo, rxPackets }) => [portNo, Number(rxPackets)] as const),
      );
      return new Map(frames);
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
  return packetCount !== NOT_COUNTED;
}

function listed(entry: FlowEntry): ListedCounter {
  return { ...counter(entry), group: groupIn(entry.instructions) };
}

function counter({ cookie, packetCount, byteCount, durationSec, durationNsec }: Counting) {
  return {
    cookie,
    packets: Number(packetCount),
    bytes: byteCount === NOT_COUNTED ? 0 : Number(byteCount),
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
