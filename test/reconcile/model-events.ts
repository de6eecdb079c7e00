// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import type { Fault } from "./fake-switch.ts";
import { FOREIGN_WORK, type ForeignWork } from "./foreign-work.ts";

/** How many of each the model has. */
export const SWITCHES = 3;
export const POLICIES = 5;
export const MONITORS = 6;

/** What happens to the model's world (`World`). */
export type Event =
  | { type: "policy"; policy: number; monitors: number[]; port: number; limit: number }
  | { type: "connect" | "disconnect" | "restart" | "resync" | "makeRoom"; switch: number }
  | { type: "others"; switch: number; work: ForeignWork; nth: number }
  | { type: "foreign"; switch: number; nth: number }
  | { type: "fault"; switch: number; fault: Fault }
  | { type: "delay"; switch: number; turns: number }
  | { type: "bundles" | "culprits"; switch: number }
  | { type: "refuse"; switch: number; port: number }
  | { type: "audit" | "controller" }
  | { type: "wait"; turns: number };

const switchNumber = fc.nat(SWITCHES - 1);
const policyEvent: fc.Arbitrary<Event> = fc.record({
  type: fc.constant("policy" as const),
  policy: fc.nat(POLICIES - 1),
  monitors: fc.uniqueArray(fc.nat(MONITORS - 1), { maxLength: 3 }),
  port: fc.integer({ min: 1, max: 3 }),
  limit: fc.nat(3),
});

/** No foreign changes; every switch carries out its messages sooner or later. */
const willing: fc.Arbitrary<Event>[] = [
  policyEvent,
  policyEvent,
  policyEvent,
  fc.record({ type: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ type: fc.constantFrom("connect", "disconnect", "resync"), switch: switchNumber }),
  fc.record({
    type: fc.constant("fault" as const),
    switch: switchNumber,
    fault: fc.constantFrom("drop before", "drop after", "slave"),
  }),
  fc.record({ type: fc.constant("delay" as const), switch: switchNumber, turns: fc.nat(4) }),
  fc.record({ type: fc.constantFrom("bundles", "culprits"), switch: switchNumber }),
  fc.record({ type: fc.constant("wait" as const), turns: fc.nat(6) }),
  fc.constant({ type: "audit" as const }),
];
/** Some switches refuse messages. */
export const calm: fc.Arbitrary<Event>[] = [
  ...willing,
  fc.record({ type: fc.constant("refuse" as const), switch: switchNumber, port: fc.nat(3) }),
];
const breaks: fc.Arbitrary<Event>[] = [
  fc.record({ type: fc.constant("restart" as const), switch: switchNumber }),
  fc.constant({ type: "controller" as const }),
];
const others: fc.Arbitrary<Event>[] = [
  fc.record({
    type: fc.constant("others" as const),
    switch: switchNumber,
    work: fc.constantFrom(...FOREIGN_WORK),
    nth: fc.nat(30),
  }),
  fc.record({ type: fc.constant("foreign" as const), switch: switchNumber, nth: fc.nat(30) }),
  fc.record({ type: fc.constant("makeRoom" as const), switch: switchNumber }),
];
/** Other applications change the switches, too, whether these are connected or not. */
export const shared = [...willing, ...breaks, ...others, ...others];
export const wild = [...calm, ...breaks, ...others];
