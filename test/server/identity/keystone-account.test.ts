// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { KeystoneAccount } from "../../../src/server/identity/keystone-account.ts";
import { momentAt } from "../../access/tokens.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");

/** A Keystone that issues tokens of ten minutes, or answers with another status. */
async function account() {
  const state = { status: 201, logins: 0 };
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      state.logins++;
      response.writeHead(state.status, { "x-subject-token": `token ${state.logins}` });
      response.end(JSON.stringify({ token: { expires_at: "2026-06-01T00:10:00.000000Z" } }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/auth/tokens`;
  const own = { user: "vtap", password: "secret", project: "service", domain: "default" };
  return { state, found: new KeystoneAccount(url, own) };
}

test("requests share one login, which holds until a minute before its token expires", async () => {
  const { state, found } = await account();
  expect(await Promise.all([found.token(momentAt(NOW)), found.token(momentAt(NOW))])).toEqual([
    "token 1",
    "token 1",
  ]);
  expect(await found.token(momentAt(NOW + 9 * 60_000 - 1))).toBe("token 1");
  expect(await found.token(momentAt(NOW + 9 * 60_000))).toBe("token 2");
  expect(state.logins).toBe(2);
});

test("a token that was refused is replaced, one that already was is not", async () => {
  const { state, found } = await account();
  const first = await found.token(momentAt(NOW));
  found.forget(first);
  expect(await found.token(momentAt(NOW))).toBe("token 2");
  found.forget(first);
  expect([await found.token(momentAt(NOW)), state.logins]).toEqual(["token 2", 2]);
});

test("after a refused login there is none for five seconds", async () => {
  const { state, found } = await account();
  state.status = 401;
  for (const ms of [0, 1, 4999])
    await expect(found.token(momentAt(NOW + ms))).rejects.toThrow(
      "it answers 401 to the login of vtap",
    );
  expect(state.logins).toBe(1);
  state.status = 201;
  expect(await found.token(momentAt(NOW + 5000))).toBe("token 2");
});
