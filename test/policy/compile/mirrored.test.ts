// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { compileForwarding } from "../../../src/forwarding/index.ts";
import { formatMatch } from "../../../src/openflow/index.ts";
import { blindSpotsOf, TapCompiler } from "../../../src/policy/index.ts";
import type { TopologyState } from "../../../src/topology/index.ts";
import { mirroredNetwork, PROBE, patched, patchNumber, SOURCE, TAPS } from "../mirrored-ports.ts";
import { environmentOf, policiesOf } from "../scenarios.ts";

const AT_PROBE = { port: { switch: "s1.br-vtap", port: "probe0" } };
const all = [
  ...patched("sent", 1, 2, 3, 4),
  ...patched("received", 1, 2, 3, 4),
  ...patched("copies", 4),
];

function compiled(documents: readonly object[], state: TopologyState = mirroredNetwork(all)) {
  const policies = policiesOf(documents.map((each) => ({ monitors: [AT_PROBE], ...each })) as never);
  const compiler = new TapCompiler(environmentOf(state.topology));
  compiler.update({ upsert: policies });
  const [first] = policies;
  if (first === undefined) throw new Error("no policy");
  const rules = compiler
    .desired(TAPS)
    .map(({ match, actions, priority }) => ({ text: formatMatch(match), actions, priority }))
    .sort((a, b) => b.priority - a.priority);
  return {
    rules,
    matches: rules.map(({ text }) => text).sort(),
    atSource: compiler.desired(SOURCE),
    plan: compiler.plan(first.id),
    unseen: blindSpotsOf(first, state.topology),
  };
}

const from = (n: number) => `in_port=${patchNumber({ port: n as never, use: "sent" })}`;
const to = (n: number) => `in_port=${patchNumber({ port: n as never, use: "received" })}`;

test("frames of a port are matched by the patch port by which they come, and are copied alone", () => {
  const { rules, atSource, plan } = compiled([
    { sender: { host: "h1" }, receiver: { host: "h2" }, direction: "forward" },
  ]);
  expect(atSource).toEqual([]);
  expect(rules.map(({ text }) => text)).toEqual([
    `${from(1)},dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02`,
  ]);
  expect(rules[0]?.actions).toEqual([
    {
      type: "useGroup",
      group: { buckets: [{ role: "copy", actions: [expect.objectContaining({ port: PROBE })] }] },
    },
  ]);
  expect(plan).toMatchObject({ problems: [], patches: patched("sent", 1) });
  expect(plan?.tapPoints).toEqual(["s1 port 1 (sender's edge)"]);
});
