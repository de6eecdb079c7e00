// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, formatIpv6, formatMac } from "../../openflow/wire/address.ts";
import type { Bits } from "./bits.ts";
import { FIELDS, type Field } from "./fields.ts";
import { IpFrag } from "./ip-visibility.ts";
import type { FrameFields } from "./region.ts";
import { flagsText } from "./tcp-flags.ts";

/** A field's value in the notation of a policy's filter. */
export function fieldText(field: Field, value: Bits): string | number {
  if (field.name === "vlanVid") return Number(value) > 0xfff ? Number(value) & 0xfff : "none";
  if (field.name === "tcpFlags") return flagsText(Number(value));
  if (field.name === "ethType") return `0x${value.toString(16).padStart(4, "0")}`;
  if (field.name === "ipFrag") return fragmentText(Number(value));
  switch (field.kind) {
    case "mac":
      return formatMac(Number(value));
    case "ipv4":
      return formatIpv4(Number(value));
    case "ipv6":
      return formatIpv6(BigInt(value));
    case "uint":
      return Number(value);
  }
}

function fragmentText(value: number): string {
  return value === IpFrag.no ? "no" : value === IpFrag.first ? "first" : "later";
}

/** The fields of a frame by the names that filters use, in the order of a canonical match. */
export function frameText(frame: FrameFields): Record<string, string | number> {
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = frame[field.name];
      return value === undefined ? [] : [[field.oxm, fieldText(field, value)] as const];
    }),
  );
}
