// SPDX-License-Identifier: Apache-2.0
import type { PolicyDocument } from "../../src/policy/index.ts";
import type { FrameAt } from "../../src/simulation/index.ts";
import { dpid, port } from "../topology/networks.ts";
import type { OvsCase } from "./on-ovs/ovs-run.ts";

/** Hosts of these numbers send and receive nothing in any case: they can be monitors of all frames. */
const FIRST = 10;
const HOSTS = 20;
/** A host that does not exist. */
const ABSENT = 99;
/** Balanced sets; the second and third show which monitors get the flows of one out of service. */
const SETS = [
  [12, 13, 14],
  [ABSENT, 15, 16],
  [17, 18, ABSENT],
  [19, 20],
];

const host = (n: number) => ({ host: `h${n}` });

function tapped(
  monitors: PolicyDocument["monitors"],
  copy: NonNullable<PolicyDocument["copy"]> = {},
): PolicyDocument {
  return { sender: { port: { switch: "s1", port: 1 } }, receiver: "any", monitors, copy };
}

/** One switch whose monitors' copies identify the class of a flow's hash. */
export const hashClassifier: OvsCase = {
  network: {
    profiles: ["paths"],
    parents: [],
    extra: [],
    hosts: Array.from({ length: HOSTS }, () => ({ at: 0, shared: false })),
    connected: true,
  },
  documents: [
    tapped([host(FIRST)], { sample: 0.25 }),
    tapped([host(FIRST + 1)], { sample: 0.5 }),
    ...SETS.map((set) => tapped([{ balance: set.map(host) }])),
  ],
  frames: [],
};

/** A frame at the ingress port of the hash classifier. */
export function atClassifier(bytes: Uint8Array): FrameAt {
  return { dpid: dpid(1), port: port(1).no, bytes };
}
