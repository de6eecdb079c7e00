// SPDX-License-Identifier: Apache-2.0
import type { Codec } from "../schema/codec.ts";
import { pad, rest, u8, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, type TableUnion, table, tlv, type Unknown } from "../schema/tlv.ts";
import { type Action, actionsCodec } from "./action.ts";

/**
 * Instructions of a flow entry.
 * @spec OpenFlow 1.4.1 §7.2.4
 */
export const INSTRUCTIONS = table({
  gotoTable: [1, { tableId: u8, _: pad(3) }],
  writeMetadata: [2, { _: pad(4), metadata: u64, metadataMask: u64 }],
  writeActions: [3, { _: pad(4), actions: actionsCodec }],
  applyActions: [4, { _: pad(4), actions: actionsCodec }],
  clearActions: [5, { _: pad(4) }],
  meter: [6, { meterId: u32 }],
  experimenter: [EXPERIMENTER, { experimenter: u32, data: rest }],
});

/** One instruction. */
export type Instruction = TableUnion<typeof INSTRUCTIONS> | Unknown;

/** One instruction. */
const instructionCodec: Codec<Instruction> = tlv({ padding: "inside", align: 8 }, INSTRUCTIONS);

/** Instructions up to the end of the bounds. */
export const instructionsCodec: Codec<readonly Instruction[]> = list(instructionCodec);

/** Executes a list of actions immediately, in order. */
export function applyActions(...actions: Action[]): Instruction & { type: "applyActions" } {
  return { type: "applyActions", actions };
}

/** Adds actions to the action set, which is executed at the end of the pipeline. */
export function writeActions(...actions: Action[]): Instruction & { type: "writeActions" } {
  return { type: "writeActions", actions };
}

/** Continues with a later table. */
export function gotoTable(tableId: number): Instruction & { type: "gotoTable" } {
  return { type: "gotoTable", tableId };
}

/** Sends the packet through a meter first. */
export function meter(meterId: number): Instruction & { type: "meter" } {
  return { type: "meter", meterId };
}
