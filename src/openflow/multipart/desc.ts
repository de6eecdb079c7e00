import { text } from "../schema/field.ts";
import { variant } from "../schema/struct.ts";

/** Who made the switch. @spec OpenFlow 1.4.1 §7.3.5.1 */
export const descReply = variant("desc", {
  manufacturer: text(256),
  hardware: text(256),
  software: text(256),
  serialNumber: text(32),
  datapathDescription: text(256),
});
