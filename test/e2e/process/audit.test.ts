// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AuditRecord } from "../../../src/contract/audit/audit.ts";
import { waitFor } from "../../lab/index.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-audit-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const POLICY = {
  id: "p",
  enabled: false,
  sender: { mac: "fa:00:00:00:00:01" },
  receiver: { mac: "fa:00:00:00:00:02" },
  monitors: [{ mac: "fa:00:00:00:00:03" }],
};

async function createToken(auth: string, user: string, role: string): Promise<string> {
  const flags = ["--auth", auth, "--id", `${user}-1`, "--user", user, "--role", role];
  const { code, stdout, stderr } = await runVtap(["token", "create", ...flags]);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

test("who did what is recorded, exported, proven, and still there after kill -9", async () => {
  const auth = join(directory, "auth.json");
  const tokens = {
    alice: await createToken(auth, "alice", "member"),
    bob: await createToken(auth, "bob", "operator"),
    carol: await createToken(auth, "carol", "auditor"),
  };
  const data = await mkdtemp(join(directory, "data-"));
  let vtap = await VtapProcess.start({ data, more: ["--auth", auth] });
  onTestFinished(async () => void (await vtap.stop()));
  const run = (user: keyof typeof tokens, ...argv: string[]) =>
    runVtap([...argv, "--server", `http://127.0.0.1:${vtap.httpPort}`], {
      VTAP_TOKEN: tokens[user],
    });
  const send = async (user: keyof typeof tokens, method: string, path: string, body?: object) => {
    const headers = {
      authorization: `Bearer ${tokens[user]}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const url = `http://127.0.0.1:${vtap.httpPort}/api/v1${path}`;
    return (await fetch(url, { method, headers, ...text })).status;
  };
  expect(await send("alice", "POST", "/policies", { ...POLICY, reason: "ticket 7" })).toBe(201);
  expect(await send("alice", "PATCH", "/policies/p", { name: "n" })).toBe(200);
  expect(await send("bob", "DELETE", "/policies/p")).toBe(403);
  expect((await run("bob", "suspend", "--reason", "maintenance")).code).toBe(0);
  expect((await run("alice", "delete", "p", "--reason", "no longer needed")).code).toBe(0);

  const exported = async () => {
    const { code, stdout } = await run("carol", "audit", "--ndjson");
    expect(code).toBe(0);
    return stdout.trim().split("\n");
  };
  const recordsIn = (lines: readonly string[]) =>
    lines.map((line) => JSON.parse(line) as AuditRecord);
  await waitFor(async () => {
    const last = recordsIn(await exported()).at(-1);
    return last?.type === "followed" && last.state === undefined;
  });
  const requests = recordsIn(await exported()).filter(({ type }) => type !== "followed");
  expect(requests).toMatchObject([
    { type: "change", actor: { user: "alice", token: "alice-1" }, reason: "ticket 7" },
    { changes: [{ member: "name", new: "n" }], outcome: { status: 200 } },
    { type: "refusal", actor: { user: "bob" }, outcome: { status: 403, problem: "forbidden" } },
    { object: { kind: "taps" }, actor: { user: "bob" }, reason: "maintenance" },
    { operation: "DELETE /api/v1/policies/{id}", reason: "no longer needed" },
  ]);
  expect((await run("carol", "status")).stdout).toMatch(/suspended since .* by bob: maintenance/);
  expect((await run("alice", "audit")).stderr).toContain("this needs the role auditor or admin");
  expect((await run("carol", "audit", "--user", "bob")).stdout).toContain("403 forbidden");

  const head = (await run("carol", "audit", "head")).stdout.trim();
  vtap = await vtap.killAndRestart();
  const whole = await run("carol", "audit", "verify", "--head", head);
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining("the chain is whole") });

  const lines = await exported();
  const file = join(directory, "export.ndjson");
  const verify = async (tampered: readonly string[]) => {
    writeFileSync(file, `${tampered.join("\n")}\n`);
    const { code, stdout, stderr } = await run("carol", "audit", "verify", file, "--head", head);
    return `${code} ${stdout}${stderr}`;
  };
  expect(await verify(lines)).toContain("0 ");
  expect(readFileSync(file, "utf8")).toContain('"user":"alice"');
  const altered = lines.map((line) => line.replace('"user":"bob"', '"user":"eve"'));
  expect(await verify(altered)).toMatch(/^1 .*is not as the server wrote it/);
  expect(await verify(lines.filter((_, n) => n !== 2))).toMatch(/^1 .*before it are missing/);
  expect(await verify(lines.slice(0, -1))).toMatch(/^1 .*the head names the last one/);
  expect(await verify([...lines].reverse())).toMatch(/^1 .*out of order/);
});
