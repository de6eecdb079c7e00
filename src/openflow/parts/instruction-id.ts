import { idList, type KindId } from "./id-list.ts";

const INSTRUCTIONS = {
  gotoTable: 1,
  writeMetadata: 2,
  writeActions: 3,
  applyActions: 4,
  clearActions: 5,
  meter: 6,
} as const;

/** A kind of instruction, as table features list them. @spec OpenFlow 1.4.1 §7.3.5.5.2.1 */
export type InstructionId = KindId<keyof typeof INSTRUCTIONS>;

/** Instruction ids up to the end of the bounds. */
export const instructionIdsCodec = idList(INSTRUCTIONS);
