// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { neededWidth, violations } from "./axe.ts";
import { WebPage } from "./web-page.ts";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start({ switches: [], hosts: [], noTopology: true });
});
afterAll(() => web?.stop());

/** Screens of a controller that no switch has reached yet, with a text that says what to do or what to expect. */
const SCREENS = new Map([
  ["#/map", "ovs-vsctl set-controller"],
  ["#/policies", "No switch is connected yet"],
  ["#/explain", "Nothing is sent"],
  ["#/network", "ovs-vsctl set-controller"],
  ["#/network/hosts", "No host"],
  ["#/network/links", "No link"],
  ["#/events", "Nothing has happened yet"],
]);
const HASHES = [...SCREENS.keys()];

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test("axe finds nothing on the screens of an empty network, and none is blank", async () => {
    for await (const [hash, page] of web.tour(HASHES, { colorScheme })) {
      await page
        .getByText(SCREENS.get(hash) ?? "")
        .first()
        .waitFor();
      expect([hash, await violations(page, colorScheme)]).toEqual([hash, []]);
    }
  });

  test("axe finds nothing in dialogs and menus", async () => {
    const page = await web.open("#/policies", { colorScheme });
    await page.getByRole("button", { name: "Keys and help" }).click();
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    expect(await violations(page, colorScheme)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Suspend taps" }).click();
    await page.getByLabel("Reason").waitFor();
    expect(await violations(page, colorScheme)).toEqual([]);
  });
});

test.each([320, 640])("nothing is cut off at %i pixels", async (width) => {
  for await (const [hash, page] of web.tour(HASHES, { viewport: { width, height: 640 } })) {
    await page
      .getByText(SCREENS.get(hash) ?? "")
      .first()
      .waitFor();
    expect([hash, await neededWidth(page)]).toEqual([hash, width]);
  }
});

test("the commands name the address on which switches connect", async () => {
  const page = await web.open("#/map");
  const commands = page.locator("pre.commands");
  await commands.getByText(`set-controller BRIDGE ${web.scenario.vtap.target}`).waitFor();
  await page.getByText("Only switches on the machine of the controller").waitFor();
});

test("a peer that is rejected is shown with the reason", async () => {
  const page = await web.open("#/map");
  await page.getByText("No switch yet").waitFor();
  const peer = connect(web.scenario.vtap.openflowPort, "127.0.0.1");
  peer.on("error", () => undefined);
  peer.write("GET / HTTP/1.1\r\n\r\n");
  const list = page.getByRole("region", { name: "Connections that were rejected" });
  await list.getByText("127.0.0.1", { exact: true }).waitFor();
  await list.getByText(/Not OpenFlow: the connection begins with/).waitFor();
  expect(await violations(page)).toEqual([]);
});
