// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  explainRequest,
  queryOfState,
  readFrameText,
  stateOfQuery,
} from "../../../src/page/explain/question.ts";

const FRAME = "fa0000000002fa00000000010800";

describe("what the box holds", () => {
  test.each([
    ["", { type: "empty" }],
    [" \n", { type: "empty" }],
    ["tcp_dst=80", { type: "fields", fields: { tcp_dst: 80 } }],
    [
      "ipv4_src=10.0.0.1, ETH_SRC=fa:00:00:00:00:01",
      { type: "fields", fields: { ipv4_src: "10.0.0.1", eth_src: "fa:00:00:00:00:01" } },
    ],
    [FRAME, { type: "frames" }],
    ["fa:00:00:00:00:02:fa:00:00:00:00:01:08:00", { type: "frames" }],
    ["what is this", { type: "unreadable" }],
  ])("%j", (text, expected) => {
    expect(readFrameText(text)).toMatchObject(expected);
  });
});

describe("the request", () => {
  test.each([
    ["h1", { host: "h1" }],
    ["s1:2", { switch: "s1", port: 2 }],
    ["s1:eth0", { switch: "s1", port: "eth0" }],
    ["fa:00:00:00:00:01", { host: "fa:00:00:00:00:01" }],
    ["2001:db8::1", { host: "2001:db8::1" }],
  ])("names the place %s", (at, expected) => {
    expect(explainRequest({ tcp_dst: 80 }, { at, to: "h2" })).toEqual({
      frame: { tcp_dst: 80 },
      at: expected,
      to: { host: "h2" },
    });
  });

  test("carries bytes in hex, and nothing that is not given", () => {
    expect(explainRequest(Uint8Array.from([1, 255]), { at: "", to: "" })).toEqual({
      frame: "01ff",
    });
  });
});

test("an address holds the whole state, and equal states have equal addresses", () => {
  const state = fc.record({
    frame: fc.string(),
    at: fc.string(),
    to: fc.string(),
    step: fc.nat(50),
  });
  fc.assert(
    fc.property(state, (each) => {
      expect(stateOfQuery(new URLSearchParams(queryOfState(each).toString()))).toEqual(each);
    }),
  );
  expect(queryOfState({ frame: "", at: "", to: "", step: 0 }).toString()).toBe("");
  expect(stateOfQuery(new URLSearchParams("step=x")).step).toBe(0);
});
