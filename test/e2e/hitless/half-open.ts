// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "../../lab/index.ts";
import { type HitlessNetwork, SPARE_SWITCH } from "./network.ts";
import type { RandomPolicies } from "./random-policies.ts";
import { expectLinksThrough } from "./silence.ts";

/**
 * The control connection of the spare switch is half open for some time, then closes. Policies change
 * meanwhile.
 */
export async function goHalfOpen(
  network: HitlessNetwork,
  policies: RandomPolicies,
  ms: number,
): Promise<string> {
  await network.settled();
  const { relay } = network;
  relay.silence();
  const edits = [await policies.add(0), await policies.change(0)];
  await expectLinksThrough(network, ms);
  const { connections } = relay;
  relay.recover();
  const isBack = () => relay.connections > connections;
  await waitFor(isBack, { what: `${SPARE_SWITCH} to connect again` });
  await network.settled();
  return `${SPARE_SWITCH} half open for ${ms} ms; meanwhile ${edits.join("; ")}`;
}
