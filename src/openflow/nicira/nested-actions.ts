// SPDX-License-Identifier: Apache-2.0
import type { Codec } from "../schema/codec.ts";
import { recursive } from "../schema/list.ts";
import type { Action } from "../structures/action.ts";

let actions: Codec<readonly Action[]> | undefined;

/** Sets the codec of actions inside actions. Called once, at load. */
export function bindActions(codec: Codec<readonly Action[]>): void {
  actions = codec;
}

/** Actions inside an action, up to its end. */
export const nestedActions: Codec<readonly Action[]> = recursive(() => {
  if (actions === undefined) throw new Error("the action table is not loaded");
  return actions;
});
