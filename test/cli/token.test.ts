// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../../src/cli/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";
import { temporaryDirectory } from "../store/temporary-directory.ts";
import { NO_INSPECTION } from "./no-inspection.ts";

async function vtap(argv: readonly string[], env: Record<string, string> = {}) {
  let [out, err] = ["", ""];
  const code = await runCli(argv, {
    version: "1.2.3",
    env,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    serve: async () => 0,
    checkFiles: () => ({ errors: [], found: [] }),
    parseJson: JsonDocument.parse,
    readCapture: () => () => [],
    inspection: async () => NO_INSPECTION,
    onInterrupt: () => () => undefined,
  });
  return { code, out, err };
}

const create = (auth: string, ...more: string[]) =>
  vtap(["token", "create", "--auth", auth, "--user", "alice", "--role", "member", ...more]);

test("create prints the token once and stores its hash; list shows no hash; revoke removes it", async () => {
  const directory = temporaryDirectory();
  const auth = join(directory, "auth.json");
  const created = await create(auth, "--id", "ci", "--ttl", "30d");
  expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^vtap_[\w-]{43}\n$/) });
  expect(created.err).toMatch(
    /^token ci of alice, role member, expires \S+: it is not shown again\n$/,
  );
  const token = created.out.trim();
  const sha256 = createHash("sha256").update(token).digest("hex");
  const text = readFileSync(auth, "utf8");
  expect(text).not.toContain(token);
  const [record] = JSON.parse(text).tokens;
  expect(record).toEqual({
    id: "ci",
    user: "alice",
    role: "member",
    sha256,
    expiresAt: expect.any(String),
  });
  expect(Date.parse(record.expiresAt) - Date.now()).toBeGreaterThan(29.9 * 86_400_000);
  expect(statSync(auth).mode & 0o777).toBe(0o600);
  await create(auth);
  const listed = await vtap(["token", "list"], { VTAP_AUTH: auth });
  expect(listed.code).toBe(0);
  expect(listed.out).toMatch(/^ID +USER +ROLE +PROJECT +EXPIRES\nci +alice +member +expires /);
  expect(listed.out).not.toContain(sha256.slice(0, 8));
  const json = await vtap(["token", "list", "--json", "--auth", auth]);
  expect(JSON.parse(json.out).items.map(({ id }: { id: string }) => id)).toEqual([
    "ci",
    expect.stringMatching(/^[0-9a-f]{8}$/),
  ]);
  expect(await vtap(["token", "revoke", "ci", "--auth", auth])).toEqual({
    code: 0,
    out: "revoked ci\n",
    err: "",
  });
  expect(JSON.parse(readFileSync(auth, "utf8")).tokens).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(["auth.json"]);
});

test("a token of a project", async () => {
  const auth = join(temporaryDirectory(), "auth.json");
  const created = await create(auth, "--id", "ci", "--project", "blue");
  expect(created.err).toMatch(/^token ci of alice, role member, project blue, never expires: /);
  expect(JSON.parse(readFileSync(auth, "utf8")).tokens).toMatchObject([{ project: "blue" }]);
  expect((await vtap(["token", "list", "--auth", auth])).out).toMatch(
    /\nci +alice +member +blue +/,
  );
  expect(await create(auth, "--project", "a b")).toMatchObject({
    code: 2,
    err: expect.stringContaining('"a b" is not the name of a project'),
  });
});

test("a file that is not valid, or is being written, stays as it is", async () => {
  const auth = join(temporaryDirectory(), "auth.json");
  await create(auth, "--id", "a");
  const before = readFileSync(auth, "utf8");
  expect(await create(auth, "--id", "a")).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(/tokens 0 and 1 have the same id/),
  });
  expect(await vtap(["token", "revoke", "a", "b", "--auth", auth])).toMatchObject({
    code: 1,
    err: `${auth}: there is no token "b", see vtap token list\n`,
  });
  writeFileSync(`${auth}.new`, "");
  expect(await create(auth)).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(/wait for the other/),
  });
  expect([readFileSync(auth, "utf8"), existsSync(`${auth}.new`)]).toEqual([before, true]);
  const broken = join(temporaryDirectory(), "auth.json");
  writeFileSync(broken, '{ "tokens": [ { "id": 1 } ] }');
  const found = await create(broken);
  expect([found.code, found.err.split("\n")[0]]).toEqual([
    2,
    expect.stringMatching(/auth\.json:1:\d+ \/tokens\/0\/id: /),
  ]);
  expect(readFileSync(broken, "utf8")).toContain('"id": 1');
});

test("the mode of a file stays, and a link leads to the same file", async () => {
  const directory = temporaryDirectory();
  const [auth, link] = [join(directory, "auth.json"), join(directory, "link.json")];
  await create(auth);
  chmodSync(auth, 0o640);
  symlinkSync(auth, link);
  await create(link);
  expect(JSON.parse(readFileSync(auth, "utf8")).tokens).toHaveLength(2);
  expect(statSync(auth).mode & 0o777).toBe(0o640);
  expect(readdirSync(directory).sort()).toEqual(["auth.json", "link.json"]);
});

test.each([
  [["--role", "root"], /Allowed choices are viewer, member, operator, auditor, admin/],
  [["--ttl", "30"], /Write a number and s, m, h, d or w: 30d/],
  [["--ttl", "0d"], /Write a number/],
])("create with %j is a usage error", async (flags, expected) => {
  const auth = join(temporaryDirectory(), "auth.json");
  expect(await create(auth, ...flags)).toMatchObject({
    code: 2,
    err: expect.stringMatching(expected),
  });
  expect(existsSync(auth)).toBe(false);
});
