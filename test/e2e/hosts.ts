// SPDX-License-Identifier: Apache-2.0
/** Addresses of a host. */
export interface HostAddresses {
  readonly mac: string;
  readonly ip: string;
  readonly ip6: string;
}

/** The addresses of host n: they end in n. */
export function hostAddresses(n: number): HostAddresses {
  const byte = n.toString(16).padStart(2, "0");
  return { mac: `fa:00:00:00:00:${byte}`, ip: `10.1.1.${n}`, ip6: `fd00::${n.toString(16)}` };
}

export const h1 = hostAddresses(1);
export const h2 = hostAddresses(2);
export const h3 = hostAddresses(3);
export const h4 = hostAddresses(4);
export const h5 = hostAddresses(5);
export const h6 = hostAddresses(6);

/** A host as policies name it: by its MAC address. */
export function mac(host: HostAddresses): { readonly mac: string } {
  return { mac: host.mac };
}
