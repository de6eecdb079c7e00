// SPDX-License-Identifier: Apache-2.0
import { pad, u8, u32, u48 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";
import { portDescCodec } from "../structures/port.ts";
import { message } from "./message.ts";

/** A port was added, removed or changed. @spec OpenFlow 1.4.1 §7.4.3 */
export const portStatus = message(12, "portStatus", { reason: u8, _: pad(7), desc: portDescCodec });

/** @spec OpenFlow 1.4.1 §7.4.3 */
export const PortReason = { Add: 0, Delete: 1, Modify: 2 } as const;

const portModProperty = tlv(PROPERTY, {
  ethernet: [0, { advertise: u32 }],
  optical: [
    1,
    {
      configure: u32,
      freqLmda: u32,
      /** Signed, as two's complement. */
      flOffset: u32,
      gridSpan: u32,
      txPower: u32,
    },
  ],
  experimenter: [EXPERIMENTER, experimenterProperty],
});

/** Changes a port's configuration: the bits of `config` that `mask` names. @spec OpenFlow 1.4.1 §7.3.4.4 */
export const portMod = message(16, "portMod", {
  portNo: u32,
  _1: pad(4),
  hwAddr: u48,
  _2: pad(2),
  config: u32,
  mask: u32,
  properties: list(portModProperty),
});
