// SPDX-License-Identifier: Apache-2.0
import type { FrameReader } from "../fields/frame-reader.ts";
import { claim4, type IpClaim } from "./ip-claims.ts";

/**
 * The address that an ARP message's sender claims, in a request, a reply or gratuitously; a message from
 * 0.0.0.0 probes whether its target is free (RFC 5227). A message whose sender is not the frame's (from
 * a proxy or a forger) claims nothing.
 */
export function arpClaims(reader: FrameReader, ethSrc: number): IpClaim[] {
  if (reader.left < 28) return [];
  if (reader.u32(0) !== 0x00010800 || reader.u16(4) !== 0x0604) return [];
  const op = reader.u16(6);
  if ((op !== 1 && op !== 2) || reader.u48(8) !== ethSrc) return [];
  const spa = reader.u32(14);
  if (spa !== 0) return claim4("uses", spa);
  return op === 1 ? claim4("probes", reader.u32(24)) : [];
}
