// SPDX-License-Identifier: Apache-2.0
/** An IP address that a frame's sender claims as its own. */
type ClaimedAddress =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly value: bigint };

/**
 * What a sender says of an address: it `uses` it; it asks whether another host does before taking it
 * (`probes`: duplicate address detection); or it releases it (`leaves`).
 */
export interface IpClaim {
  readonly kind: "uses" | "probes" | "leaves";
  readonly ip: ClaimedAddress;
}

/** A claim of an IPv4 address; none for an address that no single host can have. */
export function claim4(kind: IpClaim["kind"], value: number): IpClaim[] {
  const first = value >>> 24;
  // 0.0.0.0/8, loopback, multicast, reserved and broadcast.
  if (first === 0 || first === 127 || first >= 224) return [];
  return [{ kind, ip: { family: 4, value } }];
}

/** A claim of an IPv6 address; none for an address that no single host can have. */
export function claim6(kind: IpClaim["kind"], value: bigint): IpClaim[] {
  // Unspecified, loopback, IPv4-mapped and the like; multicast.
  if (value >> 32n === 0n || value >> 32n === 0xffffn || value >> 120n === 0xffn) return [];
  return [{ kind, ip: { family: 6, value } }];
}
