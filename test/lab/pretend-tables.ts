// SPDX-License-Identifier: Apache-2.0
import {
  type FlowEntry,
  FlowModCommand,
  GroupModCommand,
  type Message,
  MeterModCommand,
  type MultipartReplyBody,
  type MultipartRequestBody,
} from "../../src/openflow/index.ts";

type FlowMod = Extract<Message, { type: "flowMod" }>;
type GroupMod = Extract<Message, { type: "groupMod" }>;
type MeterMod = Extract<Message, { type: "meterMod" }>;

/** Entries per part of an answer: a message has at most 65,535 bytes. */
const ENTRIES_PER_PART = 200;

/** What a pretended switch holds, also while it is disconnected. An entry is known by its cookie. */
export class PretendTables {
  readonly #flows = new Map<bigint, FlowMod>();
  readonly #groups = new Map<number, GroupMod>();
  readonly #meters = new Map<number, MeterMod>();
  /** Packets that every entry counts; each listing adds one. */
  #packets = 0n;

  /** Carries out a message that changes a table. */
  apply(message: Message): void {
    switch (message.type) {
      case "flowMod":
        if (message.command === FlowModCommand.DeleteStrict) this.#flows.delete(message.cookie);
        else this.#flows.set(message.cookie, message);
        return;
      case "groupMod":
        if (message.command === GroupModCommand.Delete) this.#groups.delete(message.groupId);
        else this.#groups.set(message.groupId, message);
        return;
      case "meterMod":
        if (message.command === MeterModCommand.Delete) this.#meters.delete(message.meterId);
        else this.#meters.set(message.meterId, message);
        return;
      default:
        return;
    }
  }

  /** The parts of an answer; undefined for other requests than those for tables. */
  list(request: MultipartRequestBody): MultipartReplyBody[] | undefined {
    switch (request.type) {
      case "flow": {
        const { cookie, cookieMask, match } = request;
        const found = [...this.#flows.values()].filter(
          (flow) =>
            (flow.cookie & cookieMask) === (cookie & cookieMask) &&
            (match.length === 0 || JSON.stringify(match) === JSON.stringify(flow.match)),
        );
        this.#packets++;
        return inParts(found, ENTRIES_PER_PART).map((part) => {
          return { type: "flow", entries: part.map((flow) => this.#entry(flow)) };
        });
      }
      case "groupDesc":
        return inParts([...this.#groups.values()], ENTRIES_PER_PART).map((part) => {
          return { type: "groupDesc", entries: part };
        });
      case "meterConfig":
        return inParts([...this.#meters.values()], ENTRIES_PER_PART).map((part) => {
          return { type: "meterConfig", entries: part };
        });
      default:
        return undefined;
    }
  }

  #entry({ tableId, priority, cookie, match, instructions }: FlowMod): FlowEntry {
    const age = { durationSec: 60, durationNsec: 0, idleTimeout: 0, hardTimeout: 0 };
    const counts = { packetCount: this.#packets, byteCount: this.#packets * 100n };
    const rest = { flags: 0, importance: 0, instructions };
    return { tableId, priority, cookie, match, ...age, ...counts, ...rest };
  }
}

/** The items in parts of some length: at least one part, which may be empty. */
export function inParts<T>(all: readonly T[], length: number): (readonly T[])[] {
  const count = Math.max(1, Math.ceil(all.length / length));
  return Array.from({ length: count }, (_, index) =>
    all.slice(index * length, (index + 1) * length),
  );
}
