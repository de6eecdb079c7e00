// SPDX-License-Identifier: Apache-2.0
import type { Prerequisite } from "./field-row.ts";

/**
 * The prerequisites of fields, by protocol.
 * @spec OpenFlow 1.4.1 §7.2.3.8
 */
const ethType = (...values: number[]): Prerequisite => ({ field: "ethType", values });
const ipProto = (value: number): Prerequisite => ({ field: "ipProto", values: [value] });

export const VLAN: readonly Prerequisite[] = [{ field: "vlanVid", values: [0x1000], mask: 0x1000 }];
export const IP: readonly Prerequisite[] = [ethType(0x0800, 0x86dd)];
export const IPV4: readonly Prerequisite[] = [ethType(0x0800)];
export const IPV6: readonly Prerequisite[] = [ethType(0x86dd)];
export const ARP: readonly Prerequisite[] = [ethType(0x0806)];
export const MPLS: readonly Prerequisite[] = [ethType(0x8847, 0x8848)];
export const PBB: readonly Prerequisite[] = [ethType(0x88e7)];
export const TCP = [...IP, ipProto(6)];
export const UDP = [...IP, ipProto(17)];
export const SCTP = [...IP, ipProto(132)];
export const ICMPV4 = [...IPV4, ipProto(1)];
export const ICMPV6 = [...IPV6, ipProto(58)];
export const ND = [...ICMPV6, { field: "icmpv6Type", values: [135, 136] }];
export const ND_SOLICIT = [...ICMPV6, { field: "icmpv6Type", values: [135] }];
export const ND_ADVERT = [...ICMPV6, { field: "icmpv6Type", values: [136] }];
