// SPDX-License-Identifier: Apache-2.0
import { checkBytes, checkUint } from "../schema/checks.ts";
import { type Codec, derived } from "../schema/codec.ts";
import { Cases } from "../schema/tlv.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { NX_ACTIONS, type NxAction } from "./actions.ts";

/** Experimenter id of Nicira, used by the actions of Open vSwitch. */
export const NICIRA = 0x00002320;

/** An experimenter's action that is not in the tables, kept byte for byte (padding included). */
export interface ExperimenterAction {
  readonly type: "experimenter";
  readonly experimenter: number;
  readonly data: Uint8Array;
}

const SUBTYPES = new Set<number>(Object.values(NX_ACTIONS).map(([subtype]) => subtype));

/** The subtype of a Nicira action that is in the table, without consuming it. */
function knownSubtype(reader: Reader, experimenter: number): number | undefined {
  if (experimenter !== NICIRA || reader.left < 2) return undefined;
  const subtype = reader.view.getUint16(reader.pos);
  return SUBTYPES.has(subtype) ? subtype : undefined;
}

/** The content of an experimenter action after type and length. @spec OpenFlow 1.4.1 §7.2.5 */
export const experimenterAction: Codec<ExperimenterAction | NxAction> = derived((form) => {
  const cases = new Cases(NX_ACTIONS, form);
  return {
    read(reader: Reader): ExperimenterAction | NxAction {
      const experimenter = reader.u32();
      const subtype = knownSubtype(reader, experimenter);
      if (subtype === undefined) {
        return { type: "experimenter", experimenter, data: reader.rest() };
      }
      reader.take(2);
      return cases.read(reader, subtype) as NxAction;
    },
    write(writer: Writer, action: ExperimenterAction | NxAction): void {
      if (action.type === "experimenter") {
        writer.u32(checkUint("experimenter", action.experimenter, 4));
        writer.bytes(checkBytes("data", action.data));
        return;
      }
      const { code, codec } = cases.caseOf(action);
      writer.u32(NICIRA);
      writer.u16(code);
      codec.write(writer, action);
    },
  };
});
