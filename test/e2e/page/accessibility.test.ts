// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { neededWidth, violations } from "./axe.ts";
import { TWO_SWITCHES, WebPage } from "./web-page.ts";

const SCREENS = ["#/policies", "#/policies?edit=~new", "#/events", "#/about"];
const FULL_SCREENS = [
  ...["#/policies/web", "#/policies/web?tab=rules", "#/policies/web?tab=json"],
  ...["#/policies?edit=web", "#/policies?q=nothing-has-this", "#/nothing"],
];

const POLICIES = [
  {
    ...{ id: "web", name: "Web", sender: { host: "h1" }, receiver: { host: "h2" } },
    ...{ direction: "both", monitors: [{ host: "h3" }, { host: "h4" }] },
    ...{ filters: { tcp_dst: [80, 443], vlan_vid: 20 }, copy: { truncate: 128 } },
  },
  { id: "waits", sender: "any", receiver: { host: "h2" }, monitors: [{ host: "unknown" }] },
];

describe.each([
  ["empty", [], SCREENS],
  ["full", POLICIES, [...SCREENS, ...FULL_SCREENS]],
] as const)("%s", (_, policies, screens) => {
  let web: WebPage;
  beforeAll(async () => {
    web = await WebPage.start({ ...TWO_SWITCHES });
    for (const policy of policies) {
      await web.scenario.vtap.request("PUT", `/policies/${policy.id}?wait=5000`, policy);
    }
  });
  afterAll(() => web?.stop());

  test.each(["light", "dark"] as const)("axe finds nothing, %s", async (colorScheme) => {
    for await (const [screen, page] of web.tour(screens, { colorScheme })) {
      expect([screen, await violations(page, colorScheme)]).toEqual([screen, []]);
    }
  });

  test.each([320, 640])("nothing is cut off at %i pixels", async (width) => {
    for await (const [screen, page] of web.tour(screens, { viewport: { width, height: 640 } })) {
      expect([screen, await neededWidth(page)]).toEqual([screen, width]);
    }
  });
});
