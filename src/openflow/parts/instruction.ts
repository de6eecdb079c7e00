import type { Codec, Infer } from "../schema/codec.ts";
import { pad, rest, u8, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { variant } from "../schema/struct.ts";
import { EXPERIMENTER, tlv } from "../schema/tlv.ts";
import { type Action, actionsCodec } from "./action.ts";

/**
 * Instructions of a flow entry.
 * @spec OpenFlow 1.4.1 §7.2.4
 */
export const instructionCodec = tlv(
  { padding: "inside", align: 8 },
  {
    gotoTable: [1, variant("gotoTable", { tableId: u8, _: pad(3) })],
    writeMetadata: [2, variant("writeMetadata", { _: pad(4), metadata: u64, metadataMask: u64 })],
    writeActions: [3, variant("writeActions", { _: pad(4), actions: actionsCodec })],
    applyActions: [4, variant("applyActions", { _: pad(4), actions: actionsCodec })],
    clearActions: [5, variant("clearActions", { _: pad(4) })],
    meter: [6, variant("meter", { meterId: u32 })],
    experimenter: [EXPERIMENTER, variant("experimenter", { experimenter: u32, data: rest })],
  },
);

/** One instruction. */
export type Instruction = Infer<typeof instructionCodec>;

/** Instructions up to the end of the bounds. */
export const instructionsCodec: Codec<readonly Instruction[]> = list(instructionCodec);

/** Carries out a list of actions at once, in order. */
export function applyActions(...actions: Action[]): Instruction & { type: "applyActions" } {
  return { type: "applyActions", actions };
}

/** Puts actions into the action set, which is carried out at the end of the pipeline. */
export function writeActions(...actions: Action[]): Instruction & { type: "writeActions" } {
  return { type: "writeActions", actions };
}

/** Goes on with a later table. */
export function gotoTable(tableId: number): Instruction & { type: "gotoTable" } {
  return { type: "gotoTable", tableId };
}

/** Sends the packet through a meter first. */
export function meter(meterId: number): Instruction & { type: "meter" } {
  return { type: "meter", meterId };
}
