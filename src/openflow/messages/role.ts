// SPDX-License-Identifier: Apache-2.0
import { pad, u8, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";
import { message } from "./message.ts";

/** Requests a role; `generationId` orders masters. @spec OpenFlow 1.4.1 §7.3.9 */
export const roleRequest = message(24, "roleRequest", { role: u32, _: pad(4), generationId: u64 });

/** @spec OpenFlow 1.4.1 §7.3.9 */
export const roleReply = message(25, "roleReply", { role: u32, _: pad(4), generationId: u64 });

/** @spec OpenFlow 1.4.1 §7.3.9 */
export const ControllerRole = { NoChange: 0, Equal: 1, Master: 2, Slave: 3 } as const;

/** The controller's role changed. @spec OpenFlow 1.4.1 §7.4.4 */
export const roleStatus = message(30, "roleStatus", {
  role: u32,
  reason: u8,
  _: pad(3),
  generationId: u64,
  properties: list(tlv(PROPERTY, { experimenter: [EXPERIMENTER, experimenterProperty] })),
});

/** @spec OpenFlow 1.4.1 §7.4.4 */
export const RoleReason = { MasterRequest: 0, Config: 1, Experimenter: 2 } as const;
