// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";

/** A text that is equal exactly for equal lists of actions. */
export function actionsKey(actions: readonly ActionSpec[]): string {
  let key = "";
  for (const action of actions) {
    key += action.type === "output" ? `o${action.port}:${action.maxLen}` : encode(action);
    key += ",";
  }
  return key;
}

function encode(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint") return `${each}n`;
    return each instanceof Uint8Array ? Array.from(each) : each;
  });
}

/** Whether two values made of objects, arrays, numbers, bigints and strings are the same. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    sameContent((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
