// SPDX-License-Identifier: Apache-2.0
import { u16, u32 } from "../schema/field.ts";
import { bandsCodec } from "../structures/band.ts";
import { message } from "./message.ts";

/** Adds, changes or deletes a meter. @spec OpenFlow 1.4.1 §7.3.4.5 */
export const meterMod = message(29, "meterMod", {
  command: u16,
  flags: u16,
  meterId: u32,
  bands: bandsCodec,
});

/** @spec OpenFlow 1.4.1 §7.3.4.5 */
export const MeterModCommand = { Add: 0, Modify: 1, Delete: 2 } as const;
