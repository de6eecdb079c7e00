// SPDX-License-Identifier: Apache-2.0
import { type FlowSpec, TAP_TABLE } from "../../../flow-model/index.ts";
import { output, Port } from "../../../openflow/index.ts";
import { type Policy, treatmentOf } from "../../../policy/index.ts";
import type { Outcome } from "../../../simulation/index.ts";
import { isMirrored, type Switch, type Topology } from "../../../topology/index.ts";
import { mayLoseEligibleBit } from "../eligible-bits.ts";

/** What another application is assumed to do with originals. */
export function assumedTables(found: Switch | undefined): FlowSpec[] {
  if (found === undefined || typeof found.forwarding === "string") return [];
  const actions = [output(Port.Normal)];
  const table = "table" in found.forwarding ? found.forwarding.table : TAP_TABLE;
  return [{ table, priority: 0, match: [], category: "forwarding", actions }];
}

/** Assumptions about the decisions of other programs, as sentences without a full stop. */
export function assumptions(
  outcome: Outcome,
  topology: Topology,
  policies: readonly Policy[],
): string[] {
  return [...ofForwarding(outcome, topology), ...ofSelection(policies)];
}

function ofForwarding({ visits }: Outcome, topology: Topology): string[] {
  const texts = new Set<string>();
  for (const { dpid, role, fired } of visits) {
    const found = topology.switches.get(dpid);
    if (role !== "original" || found === undefined || found.forwarding === "paths") continue;
    texts.add(ofOriginals(found));
    if (isMirrored(found.forwarding)) {
      texts.add(
        `mirrors hand frames of ${found.name} to another bridge: neither they nor the copies made there are simulated`,
      );
    }
    if (fired.some(({ flow }) => flow && mayLoseEligibleBit(flow, found))) {
      texts.add(
        `${found.name} is assumed to leave the frame's VLAN tags as they are: where it changes them, copies by a tap VLAN may lose the drop eligible bit (DEI), since it is not Open vSwitch`,
      );
    }
  }
  return [...texts];
}

function ofOriginals({ name, forwarding }: Switch): string {
  if (typeof forwarding === "string") {
    return `${name} forwards by its own learning: assumed to know the location of every known host`;
  }
  const from = "table" in forwarding ? ` from table ${forwarding.table} on` : "";
  return `another application forwards on ${name}${from}: assumed to act as a switch that knows the location of every known host`;
}

/** Assumptions where the switch selects by the hash of the flow, which only the switch knows. */
function ofSelection(policies: readonly Policy[]): string[] {
  const texts: string[] = [];
  if (policies.some((policy) => treatmentOf(policy).sample !== undefined)) {
    texts.push("the flow is assumed to be one of those that are sampled");
  }
  if (policies.some(({ monitors }) => monitors.some(({ set }) => set !== undefined))) {
    texts.push("the first of balanced monitors is assumed to receive this flow");
  }
  return texts;
}
