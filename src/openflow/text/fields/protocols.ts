// SPDX-License-Identifier: Apache-2.0
/** A protocol with a word in matches: `tcp` means dl_type=0x0800,nw_proto=6. */
export interface Protocol {
  readonly name: string;
  readonly ethType: number;
  readonly ipProto?: number;
}

/** The words, those with an IP protocol before those without. */
export const PROTOCOLS: readonly Protocol[] = [
  { name: "icmp", ethType: 0x0800, ipProto: 1 },
  { name: "tcp", ethType: 0x0800, ipProto: 6 },
  { name: "udp", ethType: 0x0800, ipProto: 17 },
  { name: "sctp", ethType: 0x0800, ipProto: 132 },
  { name: "icmp6", ethType: 0x86dd, ipProto: 58 },
  { name: "tcp6", ethType: 0x86dd, ipProto: 6 },
  { name: "udp6", ethType: 0x86dd, ipProto: 17 },
  { name: "sctp6", ethType: 0x86dd, ipProto: 132 },
  { name: "ip", ethType: 0x0800 },
  { name: "ipv6", ethType: 0x86dd },
  { name: "arp", ethType: 0x0806 },
  { name: "rarp", ethType: 0x8035 },
  { name: "mpls", ethType: 0x8847 },
  { name: "mplsm", ethType: 0x8848 },
];

/** Words that are read but never printed. */
const SYNONYMS: readonly Protocol[] = [{ name: "ip4", ethType: 0x0800 }];

const BY_NAME = new Map([...PROTOCOLS, ...SYNONYMS].map((each) => [each.name, each]));

/** The protocol of a word. */
export function protocolByName(name: string): Protocol | undefined {
  return BY_NAME.get(name);
}

/** The word for an Ethernet type and an IP protocol; if there is none, that for the type alone. */
export function protocolOf(ethType: number, ipProto: number | undefined): Protocol | undefined {
  return PROTOCOLS.find(
    (each) => each.ethType === ethType && (each.ipProto === undefined || each.ipProto === ipProto),
  );
}
