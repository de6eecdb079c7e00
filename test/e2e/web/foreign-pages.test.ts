// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { openBrowser } from "../../lab/browser.ts";
import { waitFor } from "../../lab/index.ts";
import { temporaryDirectory } from "../../store/temporary-directory.ts";
import { type ServeArguments, VtapProcess } from "../vtap-process.ts";
import { hostileSite } from "./hostile-site.ts";

const ATTEMPTS = fileURLToPath(new URL("attempts.js", import.meta.url));

/** Names that a foreign site has: one of its own, and one that it has made to lead to the server. */
const RULES = ["MAP hostile.example 127.0.0.1", "MAP rebound.example 127.0.0.1"];

const SECRET = "read-by-a-foreign-page";
const POLICY = {
  id: "kept",
  description: SECRET,
  sender: { mac: "fa:00:00:00:00:01" },
  receiver: { mac: "fa:00:00:00:00:02" },
  monitors: [{ mac: "fa:00:00:00:00:03" }],
};

/** vtap with one policy. */
async function startVtap(args: Partial<ServeArguments> = {}): Promise<VtapProcess> {
  const vtap = await VtapProcess.start({ data: temporaryDirectory(), ...args });
  onTestFinished(async () => {
    await vtap.stop();
  });
  expect((await vtap.request("POST", "/policies", POLICY)).status).toBe(201);
  return vtap;
}

/** A page of a browser for which all names of `RULES` lead to this machine. */
async function openPage(): Promise<Page> {
  const page = await openBrowser(RULES);
  await page.addInitScript({ path: ATTEMPTS });
  return page;
}

/** Everything that an attempt could have changed. */
async function stateOf(vtap: VtapProcess): Promise<unknown> {
  const { items: policies } = await vtap.get("/policies");
  return {
    policies: policies.map(({ id, description, enabled }: PolicyFields) => [
      id,
      description,
      enabled !== false,
    ]),
    taps: (await vtap.get("/taps")).state,
    hosts: (await vtap.get("/hosts")).items,
  };
}

/** How many suspensions were rejected: browsers report nothing of a beacon. */
async function rejected(vtap: VtapProcess): Promise<number> {
  const sample = 'http_requests_total{method="POST",route="/api/v1/taps:suspend",code="403"} ';
  const [, count = "0"] = (await vtap.text("/metrics")).split(sample);
  return Number.parseInt(count, 10);
}

interface PolicyFields {
  readonly id: string;
  readonly description: string;
  readonly enabled?: boolean;
}

const UNTOUCHED = { policies: [["kept", SECRET, true]], taps: "running", hosts: [] };

/** Runs an attempt in the page; resolves to what the page learned. */
function attempt(page: Page, name: string, ...given: readonly unknown[]): Promise<string> {
  return page.evaluate(
    ([name, given]) =>
      (
        globalThis as unknown as Record<string, Record<string, (...args: unknown[]) => string>>
      ).attempts?.[name]?.(...given) ?? "no such attempt",
    [name, given] as const,
  );
}

/** Requests that would change something if they were served. */
function writes(api: string): [url: string, init: RequestInit][] {
  const json = { "content-type": "application/json" };
  const text = JSON.stringify({ ...POLICY, id: "planted" });
  const bare = { mode: "no-cors" } as const;
  return [
    [`${api}/taps:suspend`, { method: "POST", ...bare }],
    [`${api}/taps:suspend`, { method: "POST", ...bare, referrerPolicy: "no-referrer" }],
    [`${api}/taps:suspend`, { method: "POST", ...bare, body: "{}" }],
    [`${api}/taps:suspend`, { method: "POST" }],
    [`${api}/taps:suspend`, { method: "POST", headers: json, body: "{}" }],
    [`${api}/policies`, { method: "POST", ...bare, body: text }],
    [`${api}/policies`, { method: "POST", headers: { "content-type": "text/plain" }, body: text }],
    [`${api}/policies`, { method: "POST", headers: json, body: text }],
    [`${api}/policies/planted`, { method: "PUT", headers: json, body: text }],
    [`${api}/policies/kept`, { method: "PATCH", headers: json, body: '{"enabled":false}' }],
    [`${api}/policies/kept`, { method: "DELETE" }],
    [`${api}/hosts`, { method: "POST", ...bare, body: '{"mac":"fa:00:00:00:00:09"}' }],
    [`${api}/switches:resync`, { method: "POST", ...bare }],
  ];
}

const READS = [
  "/api/v1/policies",
  "/api/v1/status",
  "/api/v1/nowhere",
  "/metrics",
  "/openapi.json",
];

test.each([
  ["another port of the same address", (port: number) => `http://127.0.0.1:${port}`],
  ["another name of the same machine", (port: number) => `http://localhost:${port}`],
  ["another site", (port: number) => `http://hostile.example:${port}`],
])("a page at %s changes nothing and reads nothing", async (_what, origin) => {
  const vtap = await startVtap();
  const page = await openPage();
  const server = `http://127.0.0.1:${vtap.httpPort}`;
  const api = `${server}/api/v1`;
  // "localhost" may lead to ::1 first, where the hostile site does not listen.
  await page.goto(`${origin((await hostileSite()).port)}/`);

  for (const [url, init] of writes(api)) {
    const learned = await attempt(page, "request", url, init);
    expect([init.method, url, learned]).toEqual([
      init.method,
      url,
      expect.stringMatching(/^(failed|opaque 0 )$/),
    ]);
    expect([init.method, url, await stateOf(vtap)]).toEqual([init.method, url, UNTOUCHED]);
  }
  const field = JSON.stringify({ ...POLICY, id: "planted", description: "" }).slice(0, -2);
  for (const [path, enctype, name, value] of [
    ["/taps:suspend", "application/x-www-form-urlencoded", "reason", "x"],
    ["/taps:suspend", "multipart/form-data", "reason", "x"],
    ["/policies", "text/plain", `${field}`, '"}'],
  ]) {
    const answered = page.waitForResponse(api + path);
    await attempt(page, "form", api + path, enctype, name, value);
    expect([path, enctype, (await answered).status()]).toEqual([path, enctype, 403]);
    expect([path, enctype, await stateOf(vtap)]).toEqual([path, enctype, UNTOUCHED]);
  }
  for (const name of ["sandboxedForm", "beacon"]) {
    const before = await rejected(vtap);
    await attempt(page, name, `${api}/taps:suspend`, "{}");
    await waitFor(async () => (await rejected(vtap)) > before, { what: `${name} to be rejected` });
    expect([name, await stateOf(vtap)]).toEqual([name, UNTOUCHED]);
  }

  for (const path of READS) {
    expect([path, await attempt(page, "request", server + path)]).toEqual([path, "failed"]);
    const opaque = await attempt(page, "request", server + path, { mode: "no-cors" });
    expect([path, opaque]).toEqual([path, expect.stringMatching(/^(failed|opaque 0 )$/)]);
    expect([path, await attempt(page, "frame", server + path)]).toEqual([path, "hidden"]);
  }
  for (const [tag, path] of [
    ["script", "/api/v1/policies"],
    ["link", "/docs/static/index.css"],
    ["img", "/docs/static/favicon-32x32.png"],
    ["script", "/docs/static/swagger-initializer.js"],
  ]) {
    expect([path, await attempt(page, "element", tag, server + path)]).toEqual([path, "error"]);
  }
  expect(await attempt(page, "events", `${api}/events`)).toBe("error");
  for (const path of ["/events", "/policies", "/taps:suspend"]) {
    const url = `${api.replace("http:", "ws:")}${path}`;
    expect([path, await attempt(page, "socket", url)]).toEqual([path, "error"]);
  }
  expect(await stateOf(vtap)).toEqual(UNTOUCHED);
});

test("a page whose name was rebound to the server changes nothing and reads nothing", async () => {
  const site = await hostileSite();
  const page = await openPage();
  const server = `http://rebound.example:${site.port}`;
  const api = `${server}/api/v1`;
  await page.goto(`${server}/`);
  await site.close();
  const vtap = await startVtap({ httpPort: site.port });
  // To the browser the server is the page's own origin now: whatever it answers, the page may read.
  expect(await attempt(page, "request", "/healthz")).toBe('basic 200 {"status":"ok"}');

  for (const [url, init] of writes(api)) {
    const learned = await attempt(page, "request", url, init);
    expect([init.method, url, learned]).toEqual([
      init.method,
      url,
      expect.stringContaining("urn:openvtap:problem:host-not-allowed"),
    ]);
    expect([init.method, url, await stateOf(vtap)]).toEqual([init.method, url, UNTOUCHED]);
  }
  for (const path of READS.filter((path) => path !== "/metrics")) {
    const learned = await attempt(page, "request", path);
    expect([path, learned]).toEqual([path, expect.stringMatching(/^basic 421 /)]);
    expect(learned).not.toContain(SECRET);
  }
  expect(await attempt(page, "events", "/api/v1/events")).toBe("error");
});

test("a page of the server reads and writes, under each of its names", async () => {
  const vtap = await startVtap({ more: ["--http-hosts", "rebound.example"] });
  const page = await openPage();
  for (const name of ["127.0.0.1", "localhost", "rebound.example"]) {
    await page.goto(`http://${name}:${vtap.httpPort}/docs`);
    expect(await attempt(page, "request", "/api/v1/policies")).toContain(SECRET);
    expect(await attempt(page, "events", "/api/v1/events")).toBe("open");
    const suspended = await attempt(page, "request", "/api/v1/taps:suspend", { method: "POST" });
    expect([name, suspended]).toEqual([name, expect.stringMatching(/^basic 200 /)]);
    await attempt(page, "request", "/api/v1/policies/kept", {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ description: `${SECRET} ${name}` }),
    });
    const policies = [["kept", `${SECRET} ${name}`, true]];
    expect(await stateOf(vtap)).toEqual({ ...UNTOUCHED, policies, taps: "suspended" });
    await attempt(page, "request", "/api/v1/taps:resume", { method: "POST" });
    expect(await stateOf(vtap)).toEqual({ ...UNTOUCHED, policies });
  }
});

test("the pages at /docs work under their content policy, and load nothing from elsewhere", async () => {
  const vtap = await startVtap();
  const page = await openPage();
  const complaints: string[] = [];
  const loaded = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => loaded.add(new URL(request.url()).origin));
  const server = `http://localhost:${vtap.httpPort}`;
  await page.goto(`${server}/docs`);
  await page
    .getByRole("button", { name: /\/taps:suspend/ })
    .first()
    .click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await page.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
  expect(await stateOf(vtap)).toEqual({ ...UNTOUCHED, taps: "suspended" });
  expect(complaints).toEqual([]);
  expect([...loaded].filter((origin) => origin !== "null")).toEqual([server]);
});
