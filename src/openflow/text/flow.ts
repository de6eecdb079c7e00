// SPDX-License-Identifier: Apache-2.0
import { FlowModFlags } from "../messages/flow.ts";
import type { FlowEntry } from "../multipart/index.ts";
import { canonicalMatch } from "../oxm/match.ts";
import { matchParts } from "./format-match.ts";
import { formatInstructions, parseInstructions } from "./instructions.ts";
import { readMatch } from "./parse-match.ts";
import { parseInteger, parseSmall } from "./values/numbers.ts";
import { type Item, type Located, Scanner } from "./values/scanner.ts";
import { badValue, missing } from "./values/text-error.ts";

/** The content of a flow entry, common to a flow-mod and an entry of a multipart reply. */
export type FlowText = Pick<
  FlowEntry,
  | "tableId"
  | "priority"
  | "cookie"
  | "idleTimeout"
  | "hardTimeout"
  | "flags"
  | "importance"
  | "match"
  | "instructions"
>;

type Counters = Pick<FlowEntry, "durationSec" | "durationNsec" | "packetCount" | "byteCount">;

const DEFAULT_PRIORITY = 32768;

const FLAGS: readonly (readonly [name: string, bit: number])[] = [
  ["send_flow_rem", FlowModFlags.SendFlowRem],
  ["check_overlap", FlowModFlags.CheckOverlap],
  ["reset_counts", FlowModFlags.ResetCounts],
  ["no_packet_counts", FlowModFlags.NoPacketCounts],
  ["no_byte_counts", FlowModFlags.NoByteCounts],
];

function formatDuration({ durationSec, durationNsec }: Counters): string {
  const fraction = String(durationNsec).padStart(9, "0").replace(/0+$/, "");
  return `${durationSec}${fraction === "" ? "" : `.${fraction}`}s`;
}

/** The keys before the match, each with its comma. */
function formatKeys(flow: FlowText, counters: Counters | undefined): string {
  const always = counters !== undefined;
  const keys = [
    always || flow.cookie !== 0n ? `cookie=0x${flow.cookie.toString(16)}` : "",
    always ? `duration=${formatDuration(counters)}` : "",
    always || flow.tableId !== 0 ? `table=${flow.tableId}` : "",
    always ? `n_packets=${counters.packetCount}, n_bytes=${counters.byteCount}` : "",
    flow.idleTimeout === 0 ? "" : `idle_timeout=${flow.idleTimeout}`,
    flow.hardTimeout === 0 ? "" : `hard_timeout=${flow.hardTimeout}`,
  ];
  const flags = FLAGS.filter(([, bit]) => flow.flags & bit).map(([name]) => `${name} `);
  const importance = flow.importance === 0 ? "" : `importance=${flow.importance}, `;
  return (
    keys
      .filter((key) => key !== "")
      .map((key) => `${key}, `)
      .join("") +
    flags.join("") +
    importance
  );
}

/**
 * A flow entry as `ovs-ofctl --no-stats --no-names dump-flows` prints it (without the leading
 * space): `table=1, priority=7,tcp,in_port=1 actions=output:2`. Default values are omitted.
 */
export function formatFlow(flow: FlowText): string {
  return formatWith(flow, undefined);
}

/** A flow entry with its counters, as `ovs-ofctl --no-names dump-flows` prints it. */
export function formatFlowEntry(entry: FlowText & Counters): string {
  return formatWith(entry, entry);
}

function formatWith(flow: FlowText, counters: Counters | undefined): string {
  const priority = flow.priority === DEFAULT_PRIORITY ? [] : [`priority=${flow.priority}`];
  const match = [...priority, ...matchParts(flow.match)].join(",");
  const separator = match === "" ? "" : " ";
  const actions = formatInstructions(flow.instructions);
  return `${formatKeys(flow, counters)}${match}${separator}actions=${actions}`;
}

type Keys = { -readonly [K in keyof FlowText]: FlowText[K] };

function numberKey(
  key: "tableId" | "priority" | "idleTimeout" | "hardTimeout" | "importance",
  bits: number,
) {
  return (flow: Keys, value: Located): void => {
    flow[key] = parseSmall(value.text, value.offset, bits);
  };
}

function readCookie(flow: Keys, value: Located): void {
  if (value.text.includes("/")) {
    const remedy = "write the cookie alone; a mask belongs to deletions and requests";
    throw badValue(value.offset, "a flow entry's cookie has no mask", remedy);
  }
  flow.cookie = parseInteger(value.text, value.offset, 64);
}

/** Keys that are read and ignored, so that dumps can be read back. */
function ignored(): void {}

const KEYS: ReadonlyMap<string, (flow: Keys, value: Located) => void> = new Map([
  ["table", numberKey("tableId", 8)],
  ["priority", numberKey("priority", 16)],
  ["idle_timeout", numberKey("idleTimeout", 16)],
  ["hard_timeout", numberKey("hardTimeout", 16)],
  ["importance", numberKey("importance", 16)],
  ["cookie", readCookie],
  ...["duration", "n_packets", "n_bytes", "idle_age", "hard_age"].map(
    (key) => [key, ignored] as const,
  ),
]);

const FLAG_BITS = new Map(FLAGS);

/** Reads one key of the flow; false if it belongs to the match. */
function readKey(flow: Keys, { key, value }: Item): boolean {
  const bit = FLAG_BITS.get(key.text);
  if (bit !== undefined) {
    flow.flags |= bit;
    return true;
  }
  const read = KEYS.get(key.text);
  if (read === undefined) return false;
  if (value === undefined)
    throw missing(key.offset, `${key.text} has no value`, `write ${key.text}=…`);
  read(flow, value);
  return true;
}

/** Keys of a flow besides its match, for suggestions. */
const KEY_NAMES = [...KEYS.keys(), ...FLAG_BITS.keys(), "actions"];

/**
 * A flow entry from what `ovs-ofctl add-flow` accepts or `dump-flows` prints.
 * Defaults: table 0, priority 32768, everything else 0. The match is canonical.
 * @throws TextError
 */
export function parseFlow(text: string): FlowText {
  const scanner = new Scanner(text);
  const flow: Keys = {
    tableId: 0,
    priority: DEFAULT_PRIORITY,
    cookie: 0n,
    idleTimeout: 0,
    hardTimeout: 0,
    flags: 0,
    importance: 0,
    match: [],
    instructions: [],
  };
  const parts: Item[] = [];
  let actions: Located | undefined;
  for (let item = scanner.next(); item !== undefined; item = scanner.next()) {
    if (/^actions?$/.test(item.key.text) && item.value !== undefined) {
      scanner.rewind(item.value);
      actions = scanner.rest();
    } else if (!readKey(flow, item)) parts.push(item);
  }
  flow.match = canonicalMatch(readMatch(parts, KEY_NAMES));
  if (actions === undefined) {
    throw missing(text.length, "the flow has no actions", "add actions=…, or actions=drop");
  }
  flow.instructions = parseInstructions(actions, flow.match);
  return flow;
}
