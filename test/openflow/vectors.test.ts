// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  decodeMessage,
  decodeMessageInterpreted,
  encodeMessage,
  encodeMessageInterpreted,
} from "../../src/openflow/index.ts";
import { BY_HAND } from "./vectors/by-hand.ts";
import { numbersOf, osKenNumbers } from "./vectors/numbers.ts";
import { foreignVectors, fromHex, toHex } from "./vectors/vector.ts";

describe("written by hand from the specification", () => {
  test.each(BY_HAND)("$name", ({ hex, value }) => {
    expect(decodeMessage(fromHex(hex))).toEqual(value);
    expect(toHex(encodeMessage(value))).toBe(toHex(fromHex(hex)));
  });
});

function roundTrips(hex: string): void {
  const bytes = fromHex(hex);
  const message = decodeMessage(bytes);
  expect(toHex(encodeMessage(message))).toBe(hex);
  expect(decodeMessageInterpreted(bytes)).toEqual(message);
  expect(toHex(encodeMessageInterpreted(message))).toBe(hex);
}

describe("made by python3-os-ken", () => {
  const vectors = foreignVectors<object | null>("os-ken.json");

  test.each(vectors)("$name", ({ hex }) => roundTrips(hex));

  test.each(vectors.filter(({ says }) => says !== null))("$name: same numbers", ({ hex, says }) => {
    const own = numbersOf(decodeMessage(fromHex(hex)));
    const missing = osKenNumbers(says).filter((number) => !own.has(number));
    expect(missing).toEqual([]);
  });
});

describe("captured between ovs-ofctl and Open vSwitch", () => {
  test.each(foreignVectors<string>("ovs.json"))("$name", ({ hex }) => roundTrips(hex));
});
