// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Validation } from "../../src/access/identity-source.ts";
import { RemoteTokens } from "../../src/access/remote-tokens.ts";
import { momentAt } from "./tokens.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;

const valid = (expiresAtMs = NOW + HOUR_MS, role: "viewer" | "admin" = "viewer"): Validation => ({
  type: "valid",
  identity: { user: "alice", role, expiresAtMs },
});

/** A service whose answers the test gives. */
function service(answer: Validation) {
  const asked: string[] = [];
  const state = { answer };
  const validate = async (token: string) => {
    asked.push(token);
    return state.answer;
  };
  const tokens = new RemoteTokens("kind", { name: "a service", validate });
  const identify = (token: string, nowMs = NOW) =>
    tokens.identify(tokens.idOf(token), token, momentAt(nowMs));
  return { tokens, asked, state, identify };
}

async function identityOf(found: ReturnType<RemoteTokens["identify"]>) {
  const outcome = await found;
  if (outcome.type !== "valid") throw new Error(outcome.type);
  return outcome.identity;
}

test("an answer holds for five minutes, and requests share one question", async () => {
  const { identify, asked, tokens } = service(valid());
  const [one, other] = await Promise.all([identify("t"), identify("t")]);
  expect(one).toMatchObject({ identity: { id: tokens.idOf("t"), user: "alice", role: "viewer" } });
  expect(other).toEqual(one);
  await identify("t", NOW + 299_999);
  expect(asked).toEqual(["t"]);
  await identify("t", NOW + 300_000);
  await identify("u");
  expect(asked).toEqual(["t", "t", "u"]);
  expect(tokens.idOf("t")).toMatch(/^kind:[0-9a-f]{32}$/);
});

test("a wall clock that is set makes no answer hold longer or shorter, but the token's end counts", async () => {
  const { tokens, asked } = service(valid());
  const identify = (wallMs: number, steadyMs: number) =>
    tokens.identify(tokens.idOf("t"), "t", { wallMs, steadyMs });
  await identify(NOW, 0);
  await identify(NOW + HOUR_MS - 1, 299_999);
  expect(asked).toHaveLength(1);
  await identify(NOW - HOUR_MS, 300_000);
  expect(asked).toHaveLength(2);
  await identify(NOW + HOUR_MS, 300_001);
  expect(asked).toHaveLength(3);
});

test("an answer holds no longer than the token", async () => {
  const { identify, asked, state } = service(valid(NOW + 1000));
  await identify("t");
  state.answer = { type: "invalid", reason: "expired" };
  expect(await identify("t", NOW + 999)).toMatchObject({ type: "valid" });
  expect(await identify("t", NOW + 1000)).toEqual({ type: "invalid", reason: "expired" });
  expect(asked).toHaveLength(2);
});

test("a token that the service reports as expired is rejected", async () => {
  const { identify } = service(valid(NOW));
  expect(await identify("t")).toEqual({ type: "invalid", reason: "expired" });
});

test("neither invalid tokens nor failures are remembered", async () => {
  const { identify, asked, state } = service({ type: "unavailable" });
  expect(await identify("t")).toEqual({ type: "unavailable" });
  state.answer = { type: "invalid", reason: "unknown" };
  expect(await identify("t")).toEqual({ type: "invalid", reason: "unknown" });
  state.answer = valid();
  expect(await identify("t")).toMatchObject({ type: "valid" });
  expect(asked).toHaveLength(3);
});

test("an unchanged identity stays the same object, and is valid while its answer holds", async () => {
  const { tokens, identify, state } = service(valid());
  const before = await identityOf(identify("t"));
  expect([NOW, NOW + 300_000].map((ms) => tokens.has(before, momentAt(ms)))).toEqual([true, false]);
  expect(await identityOf(identify("t", NOW + 300_000))).toBe(before);
  expect(tokens.has(before, momentAt(NOW + 300_001))).toBe(true);
  state.answer = valid(NOW + HOUR_MS, "admin");
  expect(await identityOf(identify("t", NOW + 600_000))).toMatchObject({ role: "admin" });
  expect(tokens.has(before, momentAt(NOW + 600_001))).toBe(false);
  state.answer = { type: "invalid", reason: "unknown" };
  await identify("t", NOW + 900_000);
  state.answer = valid(NOW + HOUR_MS, "admin");
  expect(tokens.has({ ...before }, momentAt(NOW))).toBe(false);
});

test("while many tokens are being validated no further ones are", async () => {
  let answer = (_: Validation) => {};
  const waiting = new Promise<Validation>((resolve) => (answer = resolve));
  const tokens = new RemoteTokens("kind", { name: "a service", validate: () => waiting });
  const identify = (token: string) => tokens.identify(tokens.idOf(token), token, momentAt(NOW));
  const first = Array.from({ length: 64 }, (_, n) => identify(`t${n}`));
  expect(await identify("one more")).toEqual({ type: "unavailable" });
  const again = identify("t0");
  answer(valid());
  for (const { type } of await Promise.all([...first, again])) expect(type).toBe("valid");
  expect(await identify("one more")).toMatchObject({ type: "valid" });
});

test("of too many tokens the one validated first is forgotten", async () => {
  const { identify, asked } = service(valid());
  for (let n = 0; n <= 10_000; n++) await identify(`t${n}`);
  await identify("t1");
  expect(asked).toHaveLength(10_001);
  await identify("t0");
  expect(asked).toHaveLength(10_002);
});
