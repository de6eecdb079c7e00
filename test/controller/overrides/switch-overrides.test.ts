// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { SwitchOverrides } from "../../../src/controller/overrides/switch-overrides.ts";
import { type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { complete } from "../../../src/lang/steps.ts";
import { match, parseFlow } from "../../../src/openflow/index.ts";
import type { ListedFlow } from "../../../src/reconcile/index.ts";

/** Entries of another application, of which some match frames of the same rules. */
const FOREIGN: readonly ListedFlow[] = [
  ...[1, 2, 3].map((port) => `priority=${20_000 + port},in_port=${port} actions=drop`),
  ...[1, 2].map((host) => `priority=20002,dl_dst=fa:00:00:00:00:0${host} actions=drop`),
  "priority=65000,arp actions=drop",
].map((text) => {
  const { tableId: table, ...flow } = parseFlow(text);
  return { table, ...flow };
});

function read(): SwitchOverrides {
  const overrides = new SwitchOverrides();
  complete(overrides.reading(FOREIGN));
  return overrides;
}

const ruleArb = fc
  .record({ inPort: fc.integer({ min: 1, max: 4 }), host: fc.nat(3), extra: fc.nat(4) })
  .map(
    ({ inPort, host, extra }): FlowSpec => ({
      ...{ table: 0, priority: 20_000 + extra, category: "rewriting", actions: [] },
      match: match({ inPort, ethDst: 0xfa00_0000_0000 + host, ethType: 0x0800 }),
    }),
  );

test("law: rules set and deleted in any order are compared as those that are left", () => {
  const editArb = fc.record({ rule: ruleArb, isSet: fc.boolean() });
  fc.assert(
    fc.property(fc.array(editArb, { maxLength: 40 }), (edits) => {
      const overrides = read();
      const left = new Map<string, FlowSpec>();
      for (const { rule, isSet } of edits) {
        const key = flowKey(rule);
        if (isSet) overrides.set(rule);
        else overrides.delete(key);
        if (isSet) left.set(key, rule);
        else left.delete(key);
      }
      const fresh = read();
      for (const rule of left.values()) fresh.set(rule);
      expect(overrides.view()).toEqual(fresh.view());
      expect(new Set(overrides.rules)).toEqual(new Set(fresh.rules));
      for (const { rule } of edits) {
        expect(overrides.before(flowKey(rule))).toEqual(fresh.before(flowKey(rule)));
      }
    }),
  );
});
