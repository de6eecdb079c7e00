// SPDX-License-Identifier: Apache-2.0
import { text } from "../schema/field.ts";

/** Description of the switch by its manufacturer. @spec OpenFlow 1.4.1 §7.3.5.1 */
export const descReply = {
  manufacturer: text(256),
  hardware: text(256),
  software: text(256),
  serialNumber: text(32),
  datapathDescription: text(256),
};
