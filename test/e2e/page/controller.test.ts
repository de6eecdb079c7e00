// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { TWO_SWITCHES, WebPage } from "./web-page.ts";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start({
    ...TWO_SWITCHES,
    policies: [
      { id: "base", sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] },
    ],
  });
});
afterAll(() => web?.stop());

test("the page is served with its content policy, and compressed", async () => {
  const index = await fetch(`${web.origin}/`, { headers: { "accept-encoding": "br" } });
  expect(index.status).toBe(200);
  expect(Object.fromEntries(index.headers)).toMatchObject({
    "content-encoding": "br",
    "content-security-policy": expect.not.stringContaining("unsafe"),
  });
  const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(await index.text())?.[1];
  const asset = await fetch(`${web.origin}/${script}`, { headers: { "accept-encoding": "br" } });
  expect([asset.status, asset.headers.get("content-encoding")]).toEqual([200, "br"]);
});

test("a policy of a file is read-only, and can be duplicated", async () => {
  const page = await web.open("#/policies/base?edit=base");
  await page.getByText("Read-only: the file").waitFor();
  expect(await page.getByRole("combobox", { name: "Sender" }).isDisabled()).toBe(true);
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Duplicate as API policy" }).click();
  await page.getByRole("dialog", { name: "New policy" }).waitFor();
  await page.getByLabel("Id", { exact: true }).fill("copy");
  await page.getByText("It will be").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/"copy" is saved and active/).waitFor();
  const copy = await web.scenario.vtap.get("/policies/copy");
  expect(copy).toMatchObject({ origin: { kind: "api" }, sender: { host: "h1" } });
  await web.scenario.deletePolicy("copy");
});

test("taps are suspended with a reason, shown on every screen, and resumed", async () => {
  const page = await web.open("#/policies");
  await page.getByRole("button", { name: "Suspend taps" }).click();
  await page.getByLabel("Reason").fill("maintenance");
  await page.getByLabel("Your name").fill("alice");
  await page.getByRole("button", { name: "Suspend", exact: true }).click();
  await page.getByText(/every switch has confirmed that it makes no copies/).waitFor();
  expect(await web.scenario.vtap.get("/taps")).toMatchObject({
    ...{ state: "suspended", reason: "maintenance", by: "alice" },
  });
  for (const name of ["Events", "About", "Policies"]) {
    await page.getByRole("navigation").getByRole("link", { name }).click();
    await page.getByText(/Copies are suspended since .* by alice: maintenance/).waitFor();
  }
  await page.getByRole("row").filter({ hasText: "base" }).getByText("suspended").waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("row").filter({ hasText: "base" }).getByText("active").waitFor();
  await page.getByText("Copies are suspended").waitFor({ state: "detached" });
});

test("a controller that is killed and restarted is found again, and a draft is kept", async () => {
  const page = await web.open("#/policies?edit=~new");
  await page.getByRole("combobox", { name: "Sender" }).fill("h1");
  await page.getByRole("combobox", { name: "Receiver" }).fill("h2");
  await page.getByRole("combobox", { name: "Monitors" }).fill("h4");
  await page.getByText("It will be").waitFor();
  const { vtap } = web.scenario;
  await vtap.stop("SIGKILL");
  await page.getByText(/stale since/).waitFor();
  await page.getByText("Not connected: the draft is kept.").waitFor();
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  // What was known stays readable.
  expect(await page.getByRole("row").filter({ hasText: "base" }).count()).toBe(1);
  await web.scenario.killAndRestartController();
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByText("The controller has restarted. Everything is read again.").waitFor();
  await page.reload();
  expect(await page.getByRole("combobox", { name: "Sender" }).inputValue()).toBe("h1");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/is saved and active/).waitFor();
  const { items } = await web.scenario.vtap.get("/policies");
  const written = items.find(({ id }: { id: string }) => id !== "base");
  expect(written).toMatchObject({ monitors: [{ host: "h4" }] });
  await web.scenario.deletePolicy(written.id);
});

test("events appear as they happen, and lead to what they are about", async () => {
  const page = await web.open("#/events");
  await page.getByText("Nothing has happened yet").waitFor();
  await web.scenario.createPolicy({
    ...{ id: "new", sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] },
  });
  await page.getByRole("link", { name: "new" }).first().waitFor();
  await page.getByPlaceholder("Filter: a policy").fill("nothing of this kind");
  await page.getByText("No event matches the filter").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await page.getByRole("link", { name: "new" }).first().click();
  await page.getByRole("heading", { name: "new" }).waitFor();
  await web.scenario.deletePolicy("new");
  await page.getByText('There is no policy "new"').waitFor();
});
