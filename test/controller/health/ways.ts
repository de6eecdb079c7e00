// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../../src/flow-model/index.ts";
import type { CopyWay } from "../../../src/policy/index.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";

export const dpid = (n: number) => n.toString(16).padStart(16, "0") as Dpid;

/** The name of a switch: `s1` for the datapath id 1. */
export const nameOf = (id: Dpid) => `s${Number.parseInt(id, 16)}`;

/** A way s1 port 10 -> 20 s2 21 -> 30 s3; a monitor on s3. */
export function wayOf(id = "way", header: Partial<CopyWay["header"]> = {}): CopyWay {
  const port = (n: number) => n as PortNo;
  return {
    id,
    marking: "sourceMark",
    from: dpid(1),
    out: port(10),
    hops: [
      { dpid: dpid(2), inPort: port(20), outPort: port(21) },
      { dpid: dpid(3), inPort: port(30), outPort: undefined },
    ],
    header: { ethDst: 0x0e7b00000001, ethSrc: 0x0e7912300001, vlan: undefined, ...header },
    entries: ["transit" as EntryRef],
    caught: "caught" as EntryRef,
  };
}
