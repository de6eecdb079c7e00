// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** A host of the demo. */
export interface DemoHost {
  readonly name: string;
  /** As text: `fa:00:00:00:00:01`. */
  readonly mac: string;
  readonly ips: readonly string[];
  readonly switch: string;
  readonly port: number;
}

interface LinkEnd {
  readonly switch: string;
  readonly port: number;
}

/** The contents of examples/topology.json. */
export interface DemoNetwork {
  readonly switches: readonly { readonly name: string; readonly dpid: string }[];
  readonly links: readonly { readonly a: LinkEnd; readonly b: LinkEnd }[];
  readonly hosts: readonly DemoHost[];
}

/** The part of a policy in examples/policies.json that the referee reads. */
export interface DemoPolicy {
  readonly id: string;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly sender: { readonly mac: string; readonly ip?: string };
  readonly receiver: { readonly mac: string; readonly ip?: string };
  readonly monitors: readonly { readonly mac: string }[];
  readonly direction?: "forward" | "reverse" | "both";
  readonly filters?: Readonly<Record<string, string | number>>;
}

/**
 * Reads the example files without checking them: they belong to this repository, and the controller
 * validates them when it loads them.
 */
export function readExamples(topologyFile: string, policyFile: string) {
  const network = JSON.parse(readFileSync(topologyFile, "utf8")) as DemoNetwork;
  const { policies } = JSON.parse(readFileSync(policyFile, "utf8")) as { policies: DemoPolicy[] };
  return { network, policies: policies.filter(({ enabled }) => enabled !== false) };
}
