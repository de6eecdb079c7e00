// SPDX-License-Identifier: Apache-2.0
import type { Match } from "../oxm/match-codec.ts";
import type { Instruction } from "../structures/instruction.ts";
import { argument, bigArgument, noArgument, numberArgument } from "./actions/action-row.ts";
import { formatActions, parseActions, readActions } from "./actions/actions.ts";
import { namedArguments, namedBytes, namedNumber } from "./fields/unknown-field.ts";
import { allOnes, bytesText, hex, parseInteger } from "./values/numbers.ts";
import { type Item, items, type Located } from "./values/scanner.ts";
import { badSyntax, missing } from "./values/text-error.ts";

type InstructionType = Instruction["type"];
type InstructionOf<T extends InstructionType> = Extract<Instruction, { readonly type: T }>;

/** Text form of one instruction. */
interface InstructionRow<T extends InstructionType = InstructionType> {
  readonly format: (instruction: InstructionOf<T>) => string;
  /** The word it starts with; plain actions have none. */
  readonly name?: string;
  readonly read?: (item: Item, match: Match) => Instruction;
}

const ALL_64 = allOnes(64);

function readMetadata(item: Item): Instruction {
  const example = "write_metadata:0x1/0xff";
  const { text, offset } = argument(item, example);
  const slash = text.indexOf("/");
  if (slash < 0) {
    return {
      type: "writeMetadata",
      metadata: bigArgument(item, 64, example),
      metadataMask: ALL_64,
    };
  }
  const metadata = parseInteger(text.slice(0, slash), offset, 64);
  const metadataMask = parseInteger(text.slice(slash + 1), offset + slash + 1, 64);
  return { type: "writeMetadata", metadata, metadataMask };
}

function formatMetadata({ metadata, metadataMask }: InstructionOf<"writeMetadata">): string {
  const mask = metadataMask === ALL_64 ? "" : `/${hex(metadataMask)}`;
  return `write_metadata:${hex(metadata)}${mask}`;
}

function readOther(item: Item): Instruction {
  const given = namedArguments(item);
  const experimenter = namedNumber(given, "experimenter", 32);
  const code = namedNumber(given, "type", 16);
  const data = namedBytes(given, "data", item);
  if (experimenter !== undefined) return { type: "experimenter", experimenter, data };
  if (code !== undefined) return { type: "unknown", code, data };
  const remedy = "write instruction(experimenter=0x2320,data=00ff)";
  throw missing(item.key.offset, "the instruction has neither a type nor an experimenter", remedy);
}

/** Every instruction, in the order in which switches execute and dumps print them. */
const INSTRUCTIONS: { readonly [T in InstructionType]: InstructionRow<T> } = {
  meter: {
    name: "meter",
    format: ({ meterId }) => `meter:${meterId}`,
    read: (item) => ({ type: "meter", meterId: numberArgument(item, 32, "meter:1") }),
  },
  applyActions: { format: ({ actions }) => (actions.length === 0 ? "" : formatActions(actions)) },
  clearActions: {
    name: "clear_actions",
    format: () => "clear_actions",
    read(item) {
      noArgument(item);
      return { type: "clearActions" };
    },
  },
  writeActions: {
    name: "write_actions",
    format: ({ actions }) => `write_actions(${formatActions(actions)})`,
    read: (item, match) => ({
      type: "writeActions",
      actions: parseActions(argument(item, "write_actions(output:1)"), match),
    }),
  },
  writeMetadata: { name: "write_metadata", format: formatMetadata, read: readMetadata },
  gotoTable: {
    name: "goto_table",
    format: ({ tableId }) => `goto_table:${tableId}`,
    read: (item) => ({ type: "gotoTable", tableId: numberArgument(item, 8, "goto_table:1") }),
  },
  experimenter: {
    name: "instruction",
    format: ({ experimenter, data }) =>
      `instruction(experimenter=${hex(experimenter)},data=${bytesText(data)})`,
    read: readOther,
  },
  unknown: { format: ({ code, data }) => `instruction(type=${code},data=${bytesText(data)})` },
};

const ORDER = Object.keys(INSTRUCTIONS);
const BY_NAME = new Map(
  Object.entries(INSTRUCTIONS).flatMap(([type, { name, read }]) =>
    name === undefined || read === undefined ? [] : [[name, { type, read }] as const],
  ),
);

function rank({ type }: { readonly type: string }): number {
  return ORDER.indexOf(type);
}

function formatInstruction<T extends InstructionType>(instruction: InstructionOf<T>): string {
  const row = INSTRUCTIONS[instruction.type] as InstructionRow<T>;
  return row.format(instruction);
}

/** The text after `actions=` in a flow: `meter:1,output:2,goto_table:3`; `drop` for none. */
export function formatInstructions(instructions: readonly Instruction[]): string {
  const inOrder = [...instructions].sort((a, b) => rank(a) - rank(b));
  const parts = inOrder.map((each) => formatInstruction(each)).filter((part) => part !== "");
  return parts.length === 0 ? "drop" : parts.join(",");
}

function checkOrder(
  read: readonly Instruction[],
  next: { readonly type: string },
  item: Item,
): void {
  const last = read.at(-1);
  if (last === undefined || rank(last) < rank(next) || next.type === "unknown") return;
  const { text, offset } = item.key;
  const detail = `${text} is written after ${INSTRUCTIONS[last.type].name ?? "the actions"}`;
  const remedy =
    "write each once, in this order: meter, actions, clear_actions, write_actions, write_metadata, goto_table";
  throw badSyntax(offset, detail, remedy);
}

/** write_actions(drop) adds nothing to the action set: `ovs-ofctl` does not send it. */
function isEmpty(instruction: Instruction): boolean {
  return instruction.type === "writeActions" && instruction.actions.length === 0;
}

/**
 * Instructions from the text after `actions=` in a flow.
 * @throws TextError
 */
export function parseInstructions(text: string | Located, match: Match = []): Instruction[] {
  const read: Instruction[] = [];
  const list = items(text);
  for (let at = 0; at < list.length; ) {
    const item = list[at] as Item;
    const known = BY_NAME.get(item.key.text.toLowerCase());
    if (known !== undefined) {
      const instruction = known.read(item, match);
      checkOrder(read, instruction, item);
      if (!isEmpty(instruction)) read.push(instruction);
      at++;
      continue;
    }
    const end = list.findIndex(
      ({ key }, index) => index > at && BY_NAME.has(key.text.toLowerCase()),
    );
    const run = list.slice(at, end < 0 ? list.length : end);
    const actions = readActions(run, match);
    checkOrder(read, { type: "applyActions" }, item);
    if (actions.length > 0) read.push({ type: "applyActions", actions });
    at += run.length;
  }
  return read;
}
