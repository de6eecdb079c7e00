// SPDX-License-Identifier: Apache-2.0
import { idList, type KindId } from "./id-list.ts";
import { INSTRUCTIONS } from "./instruction.ts";

/** A kind of instruction, as table features list them. @spec OpenFlow 1.4.1 §7.3.5.5.2.1 */
export type InstructionId = KindId<Exclude<keyof typeof INSTRUCTIONS, "experimenter">>;

/** Instruction ids up to the end of the bounds. */
export const instructionIdsCodec = idList(INSTRUCTIONS);
