// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import { Compilation, type DesiredDelta } from "../../../src/controller/desired/compilation.ts";
import { PreviewOverlay } from "../../../src/controller/desired/preview-overlay.ts";
import { type FlowKey, type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { complete } from "../../../src/lang/steps.ts";
import type { PolicyDocument, PolicyId } from "../../../src/policy/index.ts";
import { policiesOf, Scenario, TWO_SWITCHES } from "../../policy/scenarios.ts";
import { dpid } from "../../topology/networks.ts";

const host = (n: number) => ({ host: `h${n}` });
const to = (monitor: number, port: number) =>
  ({
    ...{ sender: host(1), receiver: host(2), monitors: [host(monitor)] },
    filters: { tcp_dst: port },
  }) as PolicyDocument;

let compilation: Compilation;
let overlay: PreviewOverlay;
let lost: number[];
/** What follows from the changes so far, by switch. */
let tables: Map<string, Map<FlowKey, FlowSpec>>;

beforeEach(() => {
  compilation = new Compilation({ tapVlans: { first: 100, last: 200 } });
  overlay = new PreviewOverlay({
    compilation,
    *findingPolicies() {
      yield;
      return [];
    },
    plainName: () => undefined,
  });
  [lost, tables] = [[], new Map()];
  overlay.subscribe((number) => lost.push(number));
  follow(overlay.over(compilation.setTopology(new Scenario(TWO_SWITCHES).topology)));
});

const follow = (steps: ReturnType<PreviewOverlay["over"]>): void => take(complete(steps));

function take(changes: DesiredDelta["switches"]): void {
  for (const [at, change] of changes) {
    const table = tables.get(at) ?? new Map<FlowKey, FlowSpec>();
    tables.set(at, table);
    for (const key of change.delete) table.delete(key);
    for (const flow of change.set) table.set(flowKey(flow), flow);
  }
}

const edit = (change: Parameters<Compilation["edit"]>[0]): DesiredDelta => compilation.edit(change);
const upsert = (...documents: PolicyDocument[]) =>
  follow(overlay.over(edit({ upsert: policiesOf(documents) })));

function preview(policy: string, number: number, monitor = "h3"): void {
  const request = { number, policy: policy as PolicyId, monitor, bytes: 64 };
  const changes = complete(overlay.adding(request));
  if ("why" in changes) throw new Error(changes.why);
  take(changes);
}

const texts = () =>
  [...tables]
    .flatMap(([at, table]) =>
      [...table].map(([key, { category, actions }]) =>
        [
          at,
          key,
          category,
          JSON.stringify(actions, (_, x) => (typeof x === "bigint" ? `${x}` : x)),
        ].join(" "),
      ),
    )
    .sort();

const ofPreviews = () => texts().filter((text) => text.includes(" preview "));

test("a preview comes and goes, and what is compiled is as before", () => {
  upsert(to(3, 80));
  const before = texts();
  preview("p0", 5);
  // The guard, and a rule for each of IPv4 and IPv6.
  expect(ofPreviews()).toHaveLength(3);
  expect(overlay.refsOf(5).length).toBeGreaterThan(2);
  const [punting] = overlay.refsOf(5).filter((ref) => {
    const [at = "", key = ""] = ref.split(" ", 2);
    return overlay.previewOf(at as never, key as FlowKey) === 5;
  });
  expect(punting).toBeDefined();
  follow(overlay.removing(5));
  expect(texts()).toEqual(before);
  expect(overlay.refsOf(5)).toEqual([]);
});

test("an edit of other policies leaves it there, and one of the policy changes it", () => {
  upsert(to(3, 80), to(3, 443));
  preview("p0", 5);
  const during = ofPreviews();
  upsert(to(3, 80), to(3, 444));
  expect(ofPreviews()).toEqual(during);
  upsert(to(3, 81));
  expect(ofPreviews()).not.toEqual(during);
  const fresh = texts();
  follow(overlay.removing(5));
  preview("p0", 5);
  expect(texts()).toEqual(fresh);
  expect(lost).toEqual([]);
});

test("two previews share a guard; the second one stays when the first one ends", () => {
  upsert(to(3, 80), to(3, 443));
  preview("p0", 5);
  const first = texts();
  preview("p1", 6);
  expect(ofPreviews()).toHaveLength(5);
  follow(overlay.removing(6));
  expect(texts()).toEqual(first);
});

test("a policy that has no copies any more loses its preview", () => {
  upsert(to(3, 80));
  preview("p0", 5);
  expect(overlay.isAt(5, dpid(1)) || overlay.isAt(5, dpid(2))).toBe(true);
  follow(overlay.over(edit({ remove: ["p0" as PolicyId] })));
  expect([lost, ofPreviews()]).toEqual([[5], []]);
  const none = complete(
    overlay.adding({ number: 6, policy: "p0" as PolicyId, monitor: "h3", bytes: 64 }),
  );
  expect(none).toEqual({ why: "no copies reach monitor h3" });
});
