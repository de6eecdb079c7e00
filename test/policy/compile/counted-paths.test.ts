// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { splitEntryRef } from "../../../src/flow-model/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { policiesOf, Scenario } from "../scenarios.ts";

/** Hosts h1 to h4, two on each of two switches. */
const { environment } = new Scenario({
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [0, 0, 1, 1].map((at) => ({ at, shared: false })),
});

const mac = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });
const tcp = { ip_proto: "tcp" };

/** Where the copies of each policy are counted: the source and its priority, the mark, the sink and its priority. */
function countedPathsOf(documents: Record<string, PolicyDocument>): Record<string, string[]> {
  const names = Object.keys(documents);
  const policies = policiesOf(Object.values(documents));
  const compiler = new TapCompiler({ ...environment, tapVlans: { first: 3839, last: 4094 } });
  compiler.update({ upsert: policies });
  return Object.fromEntries(
    policies.map(({ id }, index) => {
      const paths = compiler.plan(id)?.copies.flatMap((copies) => copies.countedPaths) ?? [];
      const texts = paths.map(({ source, mark, sink, exact }) => {
        const [from, to] = [source, sink].map((ref) => ref && placeOf(ref));
        return `${from} ${mark.split("=")[0]} -> ${to ?? "direct"}${exact ? "" : " (shared)"}`;
      });
      return [names[index], texts.sort()];
    }),
  );
}

function placeOf(ref: string): string {
  const { dpid, key } = splitEntryRef(ref as never);
  return `s${Number(dpid)}/${key.split("/")[1]}`;
}

describe("where copies are counted", () => {
  test("direct, rewritten and tagged", () => {
    const policy = { sender: mac(1), receiver: mac(3), monitors: [mac(2), mac(4)] };
    expect(countedPathsOf({ a: policy })).toEqual({
      a: ["s1/20128 ethDst -> s2/60000", "s1/20128 output:2 -> direct"],
    });
    const copy = { delivery: "tag" } as const;
    expect(countedPathsOf({ a: { ...policy, monitors: [mac(4)], copy } })).toEqual({
      a: ["s1/20128 pushVlan,vlanVid -> s2/60000"],
    });
  });

  test("a rule that serves two policies is exact for the one that requests all of its frames", () => {
    const ends = { sender: mac(1), receiver: mac(3), monitors: [mac(2)] };
    const both = countedPathsOf({
      all: ends,
      tcp: { ...ends, filters: tcp },
      "not-web": { ...ends, exclude: [{ tcp_dst: 80 }] },
    });
    expect(both).toEqual({
      all: ["s1/20128 output:2 -> direct"],
      tcp: ["s1/20128 output:2 -> direct (shared)"],
      "not-web": ["s1/20128 output:2 -> direct (shared)"],
    });
  });

  test("a policy that overlaps with another is counted by both rules", () => {
    const ends = { sender: mac(1), receiver: mac(3) };
    const { all, web } = countedPathsOf({
      all: { ...ends, monitors: [mac(2)] },
      web: { ...ends, monitors: [mac(4)], filters: tcp },
    });
    expect(all?.every((text) => text.endsWith("direct"))).toBe(true);
    expect(all?.length).toBeGreaterThan(1);
    expect(web?.every((text) => text.endsWith("-> s2/60000"))).toBe(true);
  });

  test("a disabled policy and one without a path count nowhere", () => {
    const ends = { sender: mac(1), receiver: mac(3), monitors: [mac(2)] };
    expect(countedPathsOf({ off: { ...ends, enabled: false } })).toEqual({ off: [] });
  });
});
