// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { KeystoneService } from "../../../src/access/identity-services.ts";
import { KeystoneSource } from "../../../src/server/identity/keystone-source.ts";
import { momentAt } from "../../access/tokens.ts";
import { Keystone } from "../../lab/keystone/keystone.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { VtapProcess } from "../vtap-process.ts";

let keystone: Keystone;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-keystone-"));
  keystone = await Keystone.open();
});
afterAll(async () => {
  await keystone?.remove();
  await rm(directory, { recursive: true, force: true });
});

/** The machine may be busy, and Keystone slow. */
const PATIENCE_MS = 60_000;

const ACCOUNT = { user: "vtap", password: "vtap-pw", project: "service", domain: "default" };

/** `account` absent: each token is its own proof. */
function source(account?: Partial<NonNullable<KeystoneService["account"]>>) {
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => log.push(line) });
  const service = {
    url: keystone.url,
    ...(account ? { account: { ...ACCOUNT, ...account } } : {}),
  };
  const found = new KeystoneSource(service, logger, PATIENCE_MS);
  const validate = (token: string) => found.validate(token, momentAt(Date.now()));
  const reasons = () => log.map((line) => JSON.parse(line).why as string);
  return { validate, log, reasons };
}

const UNKNOWN = { type: "invalid", reason: "unknown" };
const UNAVAILABLE = { type: "unavailable" };

const WAYS = [
  ["as its account", {}],
  ["without an account", undefined],
] as const;

test.each(WAYS)("%s it identifies users with their roles and projects", async (_, account) => {
  const { validate } = source(account);
  const expiresAtMs = expect.toSatisfy(
    (ms: number) => Math.abs(ms - Date.now() - 3_600_000) < 60_000,
  );
  const { blue } = keystone.projects;
  expect(await validate(await keystone.tokenOf("blue-member", "blue"))).toEqual({
    type: "valid",
    identity: { user: "blue-member", role: "member", project: blue, expiresAtMs },
  });
  expect(await validate(await keystone.tokenOf("blue-reader", "blue"))).toMatchObject({
    identity: { user: "blue-reader", role: "viewer", project: blue },
  });
  expect(await validate(await keystone.tokenOf("admin", "admin"))).toEqual({
    type: "valid",
    identity: { user: "admin", role: "admin", expiresAtMs },
  });
  expect(await validate(await keystone.tokenOf("blue-member"))).toMatchObject({
    identity: { user: "blue-member", role: "none" },
  });
});

test.each(WAYS)("%s it rejects revoked tokens and garbage", async (_, account) => {
  const { validate, log } = source(account);
  const token = await keystone.tokenOf("blue-member", "blue");
  expect(await validate(token)).toMatchObject({ type: "valid" });
  await keystone.revoke(token);
  for (const each of [token, "garbage", `${token}A`, "gAAAAA", "."])
    expect([each, await validate(each)]).toEqual([each, UNKNOWN]);
  expect(log).toEqual([]);
});

test("a token of its own that is no longer valid is renewed", async () => {
  const { validate, log } = source({});
  expect(await validate(await keystone.tokenOf("red-member", "red"))).toMatchObject({
    type: "valid",
  });
  const before = await keystone.tokenOf("red-member", "red");
  keystone.replaceKeys();
  expect(await validate(await keystone.tokenOf("red-member", "red"))).toMatchObject({
    type: "valid",
  });
  expect(await validate(before)).toEqual(UNKNOWN);
  expect(log).toEqual([]);
});

test.each([
  ["whose password is wrong", { password: "another" }, /answers 401 to the login of vtap/],
  [
    "without the right to validate",
    { user: "blue-member", password: "blue-member-pw", project: "blue" },
    /may not validate tokens: it needs the role admin or service/,
  ],
] as const)("with an account %s no token is invalid", async (_, account, expected) => {
  const { validate, reasons, log } = source(account);
  const token = await keystone.tokenOf("red-member", "red");
  expect(await validate(token)).toEqual(UNAVAILABLE);
  expect(reasons()).toEqual([expect.stringMatching(expected)]);
  expect(log.join("")).not.toContain(account.password);
});

test("tokens of Keystone work with the built command, until they are revoked", async () => {
  const auth = join(directory, "auth.json");
  const entry = { url: keystone.url, user: "vtap", passwordFile: "password" };
  await writeFile(auth, JSON.stringify({ keystone: entry }));
  await writeFile(join(directory, "password"), "vtap-pw\n");
  const data = join(directory, "data");
  const vtap = await VtapProcess.start({ data, more: ["--auth", auth] });
  onTestFinished(async () => void (await vtap.stop()));
  const call = (method: string, path: string, token: string) =>
    vtap.request(method, path, undefined, { "x-auth-token": token });
  /** What Keystone leads to once it has answered: the machine may be busy. */
  const answer = async (method: string, path: string, token: string) => {
    let found = await call(method, path, token);
    await waitFor(async () => {
      if (found.status === 503) found = await call(method, path, token);
      return found.status !== 503;
    });
    return found;
  };
  const admin = await keystone.tokenOf("admin", "admin");
  expect((await answer("POST", "/taps:suspend", admin)).status).toBe(200);
  const revoked = await keystone.tokenOf("admin", "admin");
  await keystone.revoke(revoked);
  expect((await answer("GET", "/policies", revoked)).status).toBe(401);
  expect(await answer("GET", "/policies", await keystone.tokenOf("admin"))).toMatchObject({
    status: 403,
    body: { detail: expect.stringMatching(/the token has none of the roles$/) },
  });
  const member = await keystone.tokenOf("blue-member", "blue");
  expect(await answer("GET", "/paths?from=s1&to=s2", member)).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining(`project ${keystone.projects.blue}`) },
  });
  expect(await answer("GET", "/policies", member)).toMatchObject({
    status: 200,
    body: { items: [] },
  });
  const unseen = await keystone.tokenOf("admin", "admin");
  await keystone.stop();
  onTestFinished(() => keystone.start());
  expect(await call("GET", "/policies", unseen)).toMatchObject({
    status: 503,
    body: { type: "urn:openvtap:problem:identity-unavailable" },
  });
  // Its answer is remembered.
  expect((await call("GET", "/policies", admin)).status).toBe(200);
  const logged = JSON.stringify(vtap.lines);
  for (const secret of [admin, revoked, member, unseen, "vtap-pw"])
    expect(logged).not.toContain(secret);
});

// The last one: it leaves Keystone with tokens that live for seconds.
test("it is unavailable while Keystone is stopped, and then goes on", async () => {
  const ways = WAYS.map(([, account]) => source(account));
  const validate = (token: string) => Promise.all(ways.map((each) => each.validate(token)));
  const types = async (token: string) => (await validate(token)).map(({ type }) => type);
  const token = await keystone.tokenOf("red-member", "red");
  expect(await types(token)).toEqual(["valid", "valid"]);
  await keystone.stop();
  for (let n = 0; n < 3; n++) expect(await types(token)).toEqual(["unavailable", "unavailable"]);
  for (const { reasons, log } of ways) {
    expect(reasons()).toEqual([expect.stringContaining("ECONNREFUSED")]);
    expect(log.join("")).not.toContain(token);
  }
  await keystone.start({ tokenSeconds: 5 });
  // A Keystone that has just started may take longer to answer than a request waits.
  await waitFor(async () => (await types(token)).every((type) => type === "valid"), {
    what: "Keystone to answer",
    everyMs: 200,
  });
  const short = await keystone.tokenOf("red-member", "red");
  await waitFor(async () => (await types(short)).every((type) => type === "invalid"), {
    what: "expiry",
    everyMs: 200,
  });
  expect(await validate(short)).toEqual([UNKNOWN, UNKNOWN]);
});
