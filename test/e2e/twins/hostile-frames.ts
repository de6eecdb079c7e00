// SPDX-License-Identifier: Apache-2.0
import { parseMac } from "../../../src/openflow/index.ts";
import { buildFrame } from "../../../src/packet/index.ts";
import { pick } from "../hitless/random.ts";
import { a1, a2, beyond, c1, FLOATING, router, SERVICE } from "./ovn-side.ts";
import { MONITORS } from "./ovn-twins.ts";

/** Those of hosts, routers and monitors; marks of copies; reserved, multicast and broadcast addresses. */
const ADDRESSES = [
  ...[a1.mac, a2.mac, c1.mac, router.mac, beyond.mac, ...Object.values(MONITORS)],
  ...["0e:7a:00:00:00:01", "0e:7b:12:30:00:01", "01:80:c2:00:00:00", "01:80:c2:00:00:0e"],
  ...["01:00:5e:00:00:05", "33:33:00:00:00:01", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:99"],
].map((text) => parseMac(text) ?? 0);
/** Not those of routers, which ovn-controller answers for at a time of its own. */
const IPS = [a1.ip, a2.ip, c1.ip, SERVICE, FLOATING, "10.1.1.77", "192.0.2.9"].map(numberOf);
const TYPES = [0x0800, 0x0800, 0x0800, 0x86dd, 0x0806, 0x88cc, 0x0842, 0x05ff] as const;
const PORTS = [9, 53, 67, 80, 4789, 6081];

function numberOf(ip: string): number {
  return ip.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

/** A frame that any tenant can send: forged addresses, tags, types and lengths. */
export function hostileFrame(chance: () => number): Uint8Array {
  const one = <T>(of: readonly T[]) => pick(of, chance);
  const frame = buildFrame({
    ...{ ethDst: one(ADDRESSES), ethSrc: one(ADDRESSES), ethType: one(TYPES) },
    ...(chance() < 0.25 ? { vlanVid: 0x1000 | one([0, 1, 100, 3900, 4095]), vlanPcp: 3 } : {}),
    ...{ ipv4Src: one(IPS), ipv4Dst: one(IPS), udpSrc: one(PORTS), udpDst: one(PORTS) },
    ...{
      ipv6Src: 0xfd000000000000000000000000000001n,
      ipv6Dst: 0xff020000000000000000000000000001n,
    },
    ...{ ipDscp: one([0, 46]), ipTtl: 64, ipFrag: one([0, 0, 0, 1, 3]) },
    // Requests alone: from answers OVN learns, each side at a time of its own.
    ...{ arpOp: 1, arpSpa: one(IPS), arpTpa: one(IPS), arpSha: one(ADDRESSES) },
  });
  return chance() < 0.1
    ? frame.subarray(0, 14 + Math.floor(chance() * (frame.length - 14)))
    : frame;
}
