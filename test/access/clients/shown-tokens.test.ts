// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ShownTokens } from "../../../src/access/clients/shown-tokens.ts";
import type { Identity } from "../../../src/access/identity.ts";

const identity: Identity = { id: "ci", user: "ci", role: "member" };
const address = "192.0.2.1";

test("both tokens count, and the connection", () => {
  const shown = new ShownTokens();
  const connection = {};
  shown.remember({ authorization: "Bearer a", keystoneToken: "k", address, connection }, identity);
  const found = (
    authorization?: string,
    keystoneToken?: string,
    at: object | undefined = connection,
  ) => shown.identityOf({ authorization, keystoneToken, address, connection: at });
  expect(found("Bearer a", "k")).toBe(identity);
  expect(found("Bearer b", "k")).toBeUndefined();
  expect(found("Bearer ab", "k")).toBeUndefined();
  expect(found("Bearer a", "l")).toBeUndefined();
  expect(found("Bearer a")).toBeUndefined();
  expect(found(undefined, "k")).toBeUndefined();
  expect(found("Bearer a", "k", {})).toBeUndefined();
});

test("without a connection nothing is remembered", () => {
  const shown = new ShownTokens();
  const credentials = { authorization: "Bearer a", address };
  shown.remember(credentials, identity);
  expect(shown.identityOf(credentials)).toBeUndefined();
});
