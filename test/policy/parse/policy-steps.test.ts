// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { parsePolicy, policySteps } from "../../../src/policy/index.ts";

const ENDS = {
  sender: { mac: "fa:00:00:00:00:01" },
  receiver: { mac: "fa:00:00:00:00:02" },
  monitors: [{ mac: "fa:00:00:00:00:03" }],
};

function list<T>(count: number, item: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

/** A list of filters that cannot be read from `end` on. */
function readableTo(end: number, count: number, filters: object): object[] {
  const unreadable = {
    get tcp_dst() {
      throw new Error("this filter is read");
    },
  };
  return list(count, (index) => (index < end ? filters : unreadable));
}

function problemsOf(more: object): string[] {
  const parsed = parsePolicy({ ...ENDS, ...more });
  return parsed.ok ? [] : parsed.problems.map(({ path, what }) => `/${path.join("/")}: ${what}`);
}

test.each([
  ["objects", {}, "an object is not allowed here"],
  ["unknown names", "htp", '"htp" is not a value of tcp_dst'],
] as const)(
  "values that are %s are read up to the problems that are listed",
  (_name, value, what) => {
    const read = new Set<string>();
    const values = new Proxy(
      list<unknown>(4900, () => value),
      {
        get: (target, key) => {
          read.add(String(key));
          return Reflect.get(target, key);
        },
      },
    );
    const problems = problemsOf({ filters: { tcp_dst: values } });
    expect([read.has("100"), read.has("101")]).toEqual([true, false]);
    expect(problems).toHaveLength(101);
    expect(problems[99]).toBe(`/filters/tcp_dst/99: ${what}`);
    expect(problems[100]).toBe("/filters/tcp_dst/100: there are more problems");
  },
);

test("excludes are read up to the problems that are listed", () => {
  const excludes = readableTo(101, 1600, { tcp_dst: 80, ip_proto: "udp" });
  expect(problemsOf({ exclude: excludes })).toHaveLength(101);
});

test("excludes are read up to the rules that are allowed", () => {
  // Each needs 1,000 rules; 4,096 are allowed.
  const odd = list(1000, (n) => 2 * n + 1);
  const excludes = readableTo(5, 2000, { tcp_dst: odd });
  expect(problemsOf({ exclude: excludes })).toEqual([
    "/exclude: the excludes need more than the 4096 rules that are allowed",
  ]);
});

test("mistakes in filters are reported beside those elsewhere", () => {
  expect(problemsOf({ sendr: 1, filters: { tcp_dst: [true] }, exclude: [7, {}] })).toEqual([
    '/sendr: unknown key "sendr"',
    "/filters/tcp_dst/0: true is not allowed here",
    "/exclude/0: 7 where an object: { … } is expected",
    "/exclude/1: this excludes every frame",
  ]);
});

test("long lists are read in steps", () => {
  const stepsOf = (more: object) => [...policySteps({ ...ENDS, ...more })].length;
  const port = (n: number) => 2 * n + 1;
  expect(stepsOf({ filters: { tcp_dst: list(3000, port) } })).toBeGreaterThan(3000 / 100);
  expect(stepsOf({ exclude: list(1000, (n) => ({ tcp_dst: n })) })).toBeGreaterThan(1000);
  // 2,000 times 2,000 combinations are counted up to 16,384.
  const product = { tcp_src: list(2000, port), tcp_dst: list(2000, port) };
  expect(stepsOf({ filters: product })).toBeGreaterThan(16_384 / 200);
});
