import { readFileSync } from "node:fs";

/** A host of the demo with what is needed to build it. */
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

/** What examples/topology.json says. */
export interface DemoNetwork {
  readonly switches: readonly { readonly name: string; readonly dpid: string }[];
  readonly links: readonly { readonly a: LinkEnd; readonly b: LinkEnd }[];
  readonly hosts: readonly DemoHost[];
}

/** What examples/policies.json says, as far as the referee understands it. */
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
 * The example files. They are ours, and the controller checks every word of them when it reads them,
 * so they are taken here as they are.
 */
export function readExamples(topologyFile: string, policyFile: string) {
  const network = JSON.parse(readFileSync(topologyFile, "utf8")) as DemoNetwork;
  const { policies } = JSON.parse(readFileSync(policyFile, "utf8")) as { policies: DemoPolicy[] };
  return { network, policies: policies.filter(({ enabled }) => enabled !== false) };
}
