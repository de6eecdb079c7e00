// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LinkView } from "../../../src/contract/links.ts";
import { eventText } from "../../../src/page/events/event-text.ts";

const LINK: LinkView = {
  a: { switch: "s1", dpid: "0000000000000001", port: 10 },
  b: { switch: "s2", dpid: "0000000000000002", port: 10 },
  ...{ weight: 1, direct: true, up: true, origin: "file", state: "up" },
};

const changed = (before: Partial<LinkView>, after: Partial<LinkView>) =>
  eventText({ type: "linkChanged", old: { ...LINK, ...before }, new: { ...LINK, ...after } }).text;

test("of a link whose state is the same, what else is different is said", () => {
  expect(changed({}, { up: false, state: "down" })).toBe("up → down");
  expect(changed({}, { up: false })).toBe("up → not used");
  expect(changed({ direct: false }, {})).toBe("no device is between its ends");
  expect(changed({}, { weight: 5, copyWeight: 7 })).toBe("cost 1 → 5 (copies 7)");
  expect(changed({ origin: "discovered" }, {})).toBe("known from the topology file");
  expect(changed({}, { a: { ...LINK.a, switch: "leaf1" } })).toBe("its ends have other names");
});

test("no two sides of a change are called alike", () => {
  const link = fc.record({
    weight: fc.constantFrom(1, 2),
    direct: fc.boolean(),
    up: fc.boolean(),
    origin: fc.constantFrom("file", "discovered"),
    state: fc.constantFrom("up", "down", "shared", "contradicted"),
  });
  fc.assert(
    fc.property(link, link, (before, after) => {
      const [, old, now] = /^(.+) → (.+)$/.exec(changed(before, after)) ?? [];
      expect(old === undefined || old !== now).toBe(true);
    }),
  );
});
