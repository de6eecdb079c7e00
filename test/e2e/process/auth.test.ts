// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { OidcIssuer } from "../../server/identity/oidc-issuer.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";

let directory: string;
let auth: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-auth-"));
  auth = join(directory, "auth.json");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function createToken(id: string, role: string): Promise<string> {
  const flags = ["--auth", auth, "--id", id, "--user", "alice", "--role", role];
  const { code, stdout, stderr } = await runVtap(["token", "create", ...flags]);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

test("the whole life of tokens: created, used by commands, changed, revoked", async () => {
  const [viewer, admin] = [await createToken("v", "viewer"), await createToken("a", "admin")];
  const data = await mkdtemp(join(directory, "data-"));
  const vtap = await VtapProcess.start({ data, more: ["--auth", auth] });
  onTestFinished(async () => void (await vtap.stop()));
  const server = `http://127.0.0.1:${vtap.httpPort}`;
  const client = (token: string, ...argv: string[]) =>
    runVtap([...argv, "--server", server], { VTAP_TOKEN: token });
  const without = await runVtap(["policies", "--server", server]);
  expect([without.code, without.stderr]).toEqual([
    1,
    "this server requires a token; send the header Authorization: Bearer TOKEN\n",
  ]);
  expect(await client(viewer, "policies")).toMatchObject({ code: 0, stdout: "no policies\n" });
  expect(await client(viewer, "suspend")).toMatchObject({
    code: 1,
    stderr: "this needs the role operator or admin, and the token has the role viewer\n",
  });
  const file = join(directory, "token");
  writeFileSync(file, `${admin}\n`);
  const suspended = await runVtap(["suspend", "--server", server, "--token-file", file]);
  expect(suspended.code).toBe(0);
  expect(await vtap.text("/healthz")).toBe('{"status":"ok"}');
  expect(await vtap.text("/metrics")).toContain("unauthorized");

  // Without a signal: the file is watched.
  const later = await createToken("later", "viewer");
  await waitFor(async () => (await client(later, "policies")).code === 0, { everyMs: 200 });
  expect((await runVtap(["token", "revoke", "v", "--auth", auth])).code).toBe(0);
  await waitFor(async () => (await client(viewer, "policies")).code === 1, { everyMs: 200 });

  const valid = readFileSync(auth, "utf8");
  writeFileSync(auth, "{");
  vtap.signal("SIGHUP");
  await vtap.logged("tokens are not reloaded");
  expect((await client(admin, "policies")).code).toBe(0);
  writeFileSync(auth, valid);
  for (const token of [viewer, admin, later])
    expect(JSON.stringify(vtap.lines)).not.toContain(token);
});

test("tokens of an OpenID Connect issuer are accepted while the auth file names it", async () => {
  const issuer = await OidcIssuer.forTest({ ops: { roles: ["operator"] } });
  const { projectClaim: _, ...oidc } = issuer.config;
  const file = join(directory, "oidc.json");
  writeFileSync(file, JSON.stringify({ oidc }));
  const data = await mkdtemp(join(directory, "data-"));
  const vtap = await VtapProcess.start({ data, more: ["--auth", file] });
  onTestFinished(async () => void (await vtap.stop()));
  const server = ["--server", `http://127.0.0.1:${vtap.httpPort}`];
  const token = await issuer.tokenOf("ops");
  const client = (...argv: string[]) => runVtap([...argv, ...server], { VTAP_TOKEN: token });
  expect(await client("suspend")).toMatchObject({ code: 0, stderr: "" });
  writeFileSync(file, JSON.stringify({ oidc: { ...oidc, audience: "another" } }));
  await waitFor(async () => (await client("policies")).code === 1, { everyMs: 200 });
  expect((await client("policies")).stderr).toBe("the token is not valid here; use another one\n");
  writeFileSync(file, JSON.stringify({ oidc: { ...oidc, issuer: "http://127.0.0.1:9" } }));
  await waitFor(async () => /does not answer/.test((await client("policies")).stderr), {
    everyMs: 200,
  });
  expect(JSON.stringify(vtap.lines)).not.toContain(token);
});

test.each([
  ["absent.json", undefined, /absent\.json: there is no such file/],
  ["broken.json", '{ "tokens": [ {} ] }', /broken\.json:1:\d+ \/tokens\/0\/id: "id" is missing/],
])("a server whose auth file is %s does not start", async (name, text, expected) => {
  const path = join(directory, name);
  if (text !== undefined) writeFileSync(path, text);
  const data = await mkdtemp(join(directory, "data-"));
  const ended = await runVtap([
    "serve",
    "--auth",
    path,
    "--data",
    data,
    "--http",
    "127.0.0.1:0",
    "--openflow",
    "127.0.0.1:0",
  ]);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(expected)]);
});
