// SPDX-License-Identifier: Apache-2.0
import { type CategoryName, cookieOf } from "../../../src/flow-model/index.ts";
import { waitFor } from "../../lab/index.ts";
import { type HitlessNetwork, SPARE_SWITCH } from "./network.ts";
import { pick } from "./random.ts";
import { expectLinksThrough } from "./silence.ts";

const TAPS: readonly CategoryName[] = ["recovery", "transit", "guard", "rewriting", "treatment"];

export type Deletion = "delete tap rules" | "delete a discovery rule" | "delete probe rules";

/**
 * Deletes OpenVTAP's flow entries on the spare switch from outside: those of taps once, those of
 * discovery repeatedly for `ms`. A resync on demand or the next audit must restore them.
 */
export async function deleteRules(
  network: HitlessNetwork,
  deletion: Deletion,
  { chance, ms }: { readonly chance: () => number; readonly ms: number },
): Promise<string> {
  const { scenario, lab } = network;
  await network.settled();
  const before = await lab.dumpFlows(SPARE_SWITCH);
  const rules = rulesOf(deletion, before, chance);
  const remove = async () => {
    for (const rule of rules) await lab.ofctl("del-flows", SPARE_SWITCH, `cookie=${rule}`);
  };
  if (deletion === "delete tap rules") await remove();
  else await expectLinksThrough(network, ms, remove);
  const isBack = async () => {
    const now = await lab.dumpFlows(SPARE_SWITCH);
    return now.join("\n") === before.join("\n");
  };
  const onDemand = chance() < 0.5;
  const what = `${deletion} of ${SPARE_SWITCH} (${rules.join(" ")}): ${onDemand ? "resync" : "audit"}`;
  if (onDemand) {
    const dpid = scenario.knownAs(SPARE_SWITCH);
    await network.write("POST", `/switches/${dpid}:resync`, undefined, [200]);
    if (!(await isBack())) throw new Error(`${what}: answered, but not repaired`);
  } else await waitFor(isBack, { what: `${what}: to be repaired`, everyMs: 50 });
  return what;
}

/** The entries to delete, as cookies for `ovs-ofctl`. */
function rulesOf(
  deletion: Deletion,
  dump: readonly string[],
  chance: () => number,
): readonly string[] {
  if (deletion === "delete tap rules") {
    return TAPS.map((category) => {
      const { cookie, cookieMask } = cookieOf(category);
      return `${hex(cookie)}/${hex(cookieMask)}`;
    });
  }
  const { cookie, cookieMask } = cookieOf("discovery");
  const ofDiscovery = dump.flatMap((line) => {
    const found = /cookie=(0x[0-9a-f]+)/.exec(line)?.[1];
    if (found === undefined || (BigInt(found) & cookieMask) !== cookie) return [];
    // Every entry has a cookie of its own.
    return [{ rule: `${found}/-1`, isOfProbes: line.includes("dl_type=0x88cc") }];
  });
  if (deletion === "delete probe rules") {
    return ofDiscovery.filter(({ isOfProbes }) => isOfProbes).map(({ rule }) => rule);
  }
  return [pick(ofDiscovery, chance).rule];
}

const hex = (value: bigint) => `0x${value.toString(16)}`;
