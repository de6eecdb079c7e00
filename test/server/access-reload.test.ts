// SPDX-License-Identifier: Apache-2.0
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { AcceptedTokens } from "../../src/access/authenticator.ts";
import { AccessReload } from "../../src/server/access/access-reload.ts";
import { readAccess } from "../../src/server/access/read-access.ts";
import { recordOf, tokenNamed } from "../access/tokens.ts";
import { waitFor } from "../lab/wait-for.ts";
import { temporaryDirectory } from "../store/temporary-directory.ts";

async function accessFiles() {
  const directory = temporaryDirectory();
  const [auth, metricsTokenFile] = [join(directory, "auth.json"), join(directory, "metrics")];
  const config = { auth, metricsTokenFile, fileLimitBytes: 10_000 };
  const write = (...ids: string[]) => {
    const tokens = ids.map((id) => recordOf(id, "viewer"));
    writeFileSync(`${auth}.new`, JSON.stringify({ tokens }));
    renameSync(`${auth}.new`, auth);
  };
  write("a");
  writeFileSync(metricsTokenFile, `${tokenNamed("metrics")}\n`);
  const read = await readAccess(config);
  if (!read.ok) throw new Error(read.errors.join("\n"));
  const accepted: AcceptedTokens[] = [];
  const lines: string[] = [];
  const line = (fields: object, msg: string) => lines.push(`${msg} ${JSON.stringify(fields)}`);
  const reload = new AccessReload(
    {
      config,
      authenticator: { replace: (tokens) => accepted.push(tokens) },
      logger: { info: line, error: line } as never,
    },
    read.state,
  );
  onTestFinished(() => reload.close());
  const ids = () => accepted.at(-1)?.tokens.map(({ id }) => id);
  return {
    auth,
    metricsTokenFile,
    config,
    write,
    reload,
    ids,
    accepted,
    lines,
    first: read.accepted,
  };
}

test("tokens are replaced when a file changes, and a broken file changes nothing", async () => {
  const { auth, metricsTokenFile, write, ids, accepted, lines, first } = await accessFiles();
  expect(first).toMatchObject({ tokens: [{ id: "a" }], metricsToken: tokenNamed("metrics") });
  write("a", "b");
  await waitFor(() => ids()?.join() === "a,b");
  rmSync(metricsTokenFile);
  await waitFor(() =>
    lines.some((line) => /not reloaded.*metrics: there is no such file/.test(line)),
  );
  writeFileSync(metricsTokenFile, tokenNamed("other"));
  await waitFor(() => accepted.at(-1)?.metricsToken === tokenNamed("other"));
  writeFileSync(auth, '{ "tokens": [');
  await waitFor(() => lines.some((line) => /not reloaded.*auth\.json:1:/.test(line)));
  expect(ids()).toEqual(["a", "b"]);
  write("b");
  await waitFor(() => ids()?.join() === "b");
});

test("a change between the first reading and the watch is seen", async () => {
  const { write, ids } = await accessFiles();
  write("c");
  await waitFor(() => ids()?.join() === "c");
});

test("a reload on demand reads the files at once", async () => {
  const { reload, ids, accepted } = await accessFiles();
  await reload.reload();
  expect([ids(), accepted.length]).toEqual([["a"], 1]);
});

test("a reload on demand is not repeated by the watch, whether the files are valid or not", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { auth, write, reload, accepted, lines } = await accessFiles();
  const poll = async () => {
    vi.runOnlyPendingTimers();
    await waitFor(() => vi.getTimerCount() === 1, { what: "the end of the poll" });
  };
  write("b");
  await reload.reload();
  await poll();
  expect(accepted).toMatchObject([{ tokens: [{ id: "b" }] }]);
  writeFileSync(auth, '{ "tokens": [');
  await reload.reload();
  await poll();
  expect(lines).toEqual([
    expect.stringMatching(/^tokens are reloaded /),
    expect.stringMatching(/^tokens are not reloaded /),
  ]);
  write("c");
  await poll();
  expect(accepted.at(-1)).toMatchObject({ tokens: [{ id: "c" }] });
});

test.each(["short", "two words that are long enough", ""])(
  "%j is no metrics token",
  async (text) => {
    const { config, metricsTokenFile } = await accessFiles();
    writeFileSync(metricsTokenFile, text);
    const read = await readAccess(config);
    expect(read).toEqual({
      ok: false,
      errors: [expect.stringMatching(/metrics: this is not a token/)],
    });
  },
);

test("the password of the account at Keystone is in a file beside the auth file", async () => {
  const { auth, config } = await accessFiles();
  const keystone = { url: "https://k.example.org", user: "vtap", passwordFile: "password" };
  writeFileSync(auth, JSON.stringify({ keystone }));
  expect(await readAccess(config)).toEqual({
    ok: false,
    errors: [expect.stringMatching(/password: there is no such file/)],
  });
  writeFileSync(join(dirname(auth), "password"), " s p \n");
  expect(await readAccess(config)).toMatchObject({
    accepted: {
      keystone: {
        url: "https://k.example.org",
        account: { user: "vtap", password: " s p ", project: "service", domain: "default" },
      },
    },
  });
});
