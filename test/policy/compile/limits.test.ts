// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { type CompileLimits, type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { parsePolicy } from "../../../src/policy/parse/parse-policy.ts";
import { policiesOf, Scenario } from "../scenarios.ts";

/** h1 and h3 on s1, h2 and h4 on s2. */
const { environment } = new Scenario({
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [0, 1, 0, 1].map((at) => ({ at, shared: false })),
});

const h = (n: number) => ({ host: `h${n}` });
const odd = (count: number) => Array.from({ length: count }, (_, n) => 1001 + 2 * n);

function compiler(limits: Partial<CompileLimits>, documents: readonly PolicyDocument[]) {
  const made = new TapCompiler({ ...environment, limits });
  made.update({ upsert: policiesOf(documents) });
  return made;
}

function problems(made: TapCompiler, ...ids: string[]): (string | undefined)[] {
  return ids.map((id) => made.plan(id as never)?.problems[0]?.what);
}

describe("a policy that needs too many rules is refused", () => {
  const sends: PolicyDocument = { sender: h(1), receiver: "any", monitors: [h(4)] };

  test("with the policies that it overlaps on one switch", () => {
    const documents: PolicyDocument[] = [
      { ...sends, filters: { tcp_src: odd(20) } },
      { ...sends, filters: { tcp_dst: odd(20) } },
    ];
    const made = compiler({ intersectionsPerSwitch: 100 }, documents);
    const [first, second] = problems(made, "p0", "p1");
    expect(first).toBeUndefined();
    expect(second).toMatch(
      /^its \d+ match regions overlap those of 1 other policy \(p0\) so that more than 100 rules for intersections would be needed on a switch$/,
    );
    const enough = compiler({ intersectionsPerSwitch: 10_000 }, documents);
    expect(problems(enough, "p0", "p1")).toEqual([undefined, undefined]);
  });

  test("alone: later ones are compiled as if it did not exist", () => {
    const fitting: PolicyDocument[] = [
      { ...sends, filters: { tcp_src: odd(20) } },
      { ...sends, filters: { udp_dst: 53 } },
      { ...sends, filters: { tcp_src: 1001 } },
    ];
    const [first, ...rest] = policiesOf(fitting);
    const [guilty] = policiesOf([{ ...sends, filters: { tcp_dst: odd(20) } }]);
    const made = new TapCompiler({ ...environment, limits: { intersectionsPerSwitch: 100 } });
    const policies = [first, guilty, ...rest].flatMap((policy, n) =>
      policy === undefined ? [] : [{ ...policy, id: `p${n}` as never }],
    );
    made.update({ upsert: policies });
    const [none, refusal, ...others] = problems(made, "p0", "p1", "p2", "p3");
    expect([none, ...others]).toEqual([undefined, undefined, undefined]);
    expect(refusal).toContain("more than 100 rules");
    const without = new TapCompiler(environment);
    without.update({ upsert: policies.filter(({ id }) => id !== "p1") });
    for (const at of environment.topology.switches.keys()) {
      expect(new Set(made.desired(at))).toEqual(new Set(without.desired(at)));
    }
  });

  test("on the switch of another policy's tap, as foreign regions", () => {
    const documents: PolicyDocument[] = [
      { ...sends, filters: { tcp_src: odd(20) } },
      { sender: "any", receiver: h(2), monitors: [h(4)], filters: { tcp_dst: odd(20) } },
    ];
    for (const order of [documents, documents.toReversed()]) {
      const made = compiler({ intersectionsPerSwitch: 100 }, order);
      const [first, second] = problems(made, "p0", "p1");
      expect([first, second?.includes("more than 100 rules")]).toEqual([undefined, true]);
      const flows = [...environment.topology.switches.keys()].flatMap((at) => made.desired(at));
      expect(flows.length).toBeLessThan(400);
    }
  });

  test("by its own overlaps", () => {
    const both: PolicyDocument = {
      sender: "any",
      receiver: h(2),
      direction: "both",
      monitors: [h(4)],
      filters: { tcp_dst: odd(20), ip_dscp: [1, 2] },
    };
    const [what] = problems(compiler({ intersectionsPerSwitch: 100 }, [both]), "p0");
    expect(what).toMatch(
      /^its \d+ match regions overlap each other so that more than 100 rules for intersections/,
    );
  });
});

describe("a policy with wide lists and wide excludes", () => {
  const pair: PolicyDocument = { sender: h(1), receiver: h(2), monitors: [h(4)] };
  const even = (count: number) => odd(count).map((port) => port + 1);

  test("is compiled in many steps, and excludes that share no frames with it cost nothing", () => {
    const filters = { tcp_dst: odd(1_000) };
    const [wide] = policiesOf([{ ...pair, filters, exclude: [{ tcp_dst: even(1_000) }] }]);
    const made = new TapCompiler(environment);
    const updating = made.updating({ upsert: wide ? [wide] : [] });
    let steps = 0;
    while (!updating.next().done) steps++;
    expect(steps).toBeGreaterThan(4_000);
    expect(problems(made, "p0")).toEqual([undefined]);
    expect(
      made.desired(environment.topology.hostByName("h1")?.dpid as never).length,
    ).toBeGreaterThan(0);
  });

  test("is refused with the limit and its setting when it needs too many exceptions on a switch", () => {
    const wide = { ...pair, filters: { tcp_dst: odd(40) }, exclude: [{ tcp_src: odd(40) }] };
    const [what] = problems(compiler({ piecesPerPolicy: 3_000 }, [wide]), "p0");
    expect(what).toBe(
      "its lists, ranges and excludes need more than 4096 match regions, or 3000 with their exceptions: narrow them, split the policy, or raise ruleLimit",
    );
  });

  test("is refused when all of its taps together need too many exceptions", () => {
    const receiver = Array.from({ length: 200 }, (_, n) => ({
      mac: `fa:00:00:00:01:${n.toString(16).padStart(2, "0")}`,
    }));
    const wide = { ...pair, receiver, exclude: [{ tcp_src: odd(4) }] };
    const [what] = problems(compiler({ regionsPerPolicy: 16 }, [wide]), "p0");
    expect(what).toBe(
      "its excludes make more than 2048 exceptions from its lists and ranges: narrow them, split the policy, or raise ruleLimit",
    );
    expect(problems(compiler({ regionsPerPolicy: 32 }, [wide]), "p0")).toEqual([undefined]);
  });
});

test("combinations beyond the limit are an error with both numbers; the limit is a setting", () => {
  const filters = { tcp_dst: odd(3_000) };
  const document = { sender: h(1), receiver: h(2), monitors: [h(4)], filters };
  const parsed = parsePolicy(document);
  expect(parsed.ok ? [] : parsed.problems).toEqual([
    {
      path: ["filters"],
      what: "the combinations of tcp_dst (3000) need 6000 rules, and 4096 are allowed",
      remedy: "narrow one of them, split the policy, or raise ruleLimit",
    },
  ]);
  expect(parsePolicy(document, [], 6_000).ok).toBe(true);
  const few = parsePolicy({ ...document, filters: { tcp_dst: odd(6) } }, [], 10);
  expect(few.ok ? "" : few.problems[0]?.what).toContain("need 12 rules, and 10 are allowed");
});

test("ranges of one field are counted while they are cut, and no further", () => {
  const ranges = Array.from({ length: 9000 }, (_, n) => {
    const prefix = n.toString(16);
    return `${prefix}::1-${prefix}:ffff::fffe:fffe`;
  });
  const many = parsePolicy(withFilters({ ipv6_src: ranges }));
  expect(many.ok ? [] : many.problems).toEqual([
    {
      path: ["filters", "ipv6_src"],
      what: "the values of ipv6_src need more than the 4096 rules that are allowed",
      remedy: "narrow them, split the policy, or raise ruleLimit",
    },
  ]);
});

test("excludes are counted together", () => {
  const exclude = Array.from({ length: 2000 }, (_, n) => ({ tcp_dst: `${n + 1}-${2 * n + 777}` }));
  const many = parsePolicy(withFilters({}, { exclude }));
  expect(many.ok ? [] : many.problems).toEqual([
    {
      path: ["exclude"],
      what: "the excludes need more than the 4096 rules that are allowed",
      remedy: "narrow or join them, split the policy, or raise ruleLimit",
    },
  ]);
});

function withFilters(filters: object, more: object = {}) {
  return {
    sender: { mac: "fa:00:00:00:00:01" },
    receiver: { mac: "fa:00:00:00:00:02" },
    monitors: [{ mac: "fa:00:00:00:00:03" }],
    filters,
    ...more,
  };
}

test("a range that overlaps many others for one monitor takes hardly more steps than one that overlaps few", () => {
  const crossing = new TapCompiler(environment);
  const steps = Array.from({ length: 54 }, (_, index) => {
    const filters = { tcp_dst: `${20_000 + index}-${20_400 + index}` };
    const ends = { sender: h(1), receiver: h(2) };
    const [policy] = policiesOf([{ ...ends, monitors: [h(4)], filters }]);
    if (policy === undefined) throw new Error("no policy");
    const updating = crossing.updating({ upsert: [{ ...policy, id: `p${index}` as never }] });
    let count = 0;
    while (!updating.next().done) count++;
    return count;
  });
  expect(Math.max(...steps)).toBeLessThan(3 * (steps[3] ?? 0));
});
