// SPDX-License-Identifier: Apache-2.0
import type { Match } from "../../oxm/match-codec.ts";
import type { Action } from "../../structures/action.ts";
import { parseInteger, parseSmall } from "../values/numbers.ts";
import type { Item, Located } from "../values/scanner.ts";
import { badSyntax, missing } from "../values/text-error.ts";

/** Actions of one type. */
export type ActionOf<T extends Action["type"]> = Extract<Action, { readonly type: T }>;

/** Context for reading an action. */
export interface ReadContext {
  /** The match of the flow entry: it decides the meaning of `mod_tp_src`. */
  readonly match: Match;
  /** Reads actions inside an action. @throws TextError */
  readonly actions: (text: Located) => readonly Action[];
}

/** Reads the text after an action's name. @throws TextError */
export type ActionReader = (item: Item, context: ReadContext) => Action | readonly Action[];

/** Writes the actions inside an action. */
export type FormatActions = (actions: readonly Action[]) => string;

/** Text form of one action, and the names under which it is read. */
export interface ActionRow {
  readonly type: Action["type"];
  readonly format: (action: Action, nested: FormatActions) => string;
  readonly read: Readonly<Record<string, ActionReader>>;
}

/** A row of the table of actions. To add an action, add a row. */
export function actionRow<T extends Action["type"]>(
  type: T,
  format: (action: ActionOf<T>, nested: FormatActions) => string,
  read: Readonly<Record<string, ActionReader>>,
): ActionRow {
  return { type, format: (action, nested) => format(action as ActionOf<T>, nested), read };
}

/** The mandatory argument of an action: `set_queue:5`, `set_queue(5)`. */
export function argument(item: Item, example: string): Located {
  if (item.value !== undefined && item.value.text !== "") return item.value;
  const { text, offset } = item.key;
  throw missing(offset + text.length, `${text} has no argument`, `write it like ${example}`);
}

/** The argument as a number of up to 48 bits. */
export function numberArgument(item: Item, bits: number, example: string): number {
  const { text, offset } = argument(item, example);
  return parseSmall(text, offset, bits);
}

/** The argument as a bigint. */
export function bigArgument(item: Item, bits: number, example: string): bigint {
  const { text, offset } = argument(item, example);
  return parseInteger(text, offset, bits);
}

/** Checks that an action without parameters has no argument. */
export function noArgument(item: Item): void {
  if (item.value === undefined || item.value.text === "") return;
  const detail = `${item.key.text} takes no argument`;
  throw badSyntax(item.value.offset, detail, `write ${item.key.text} alone`);
}

/** The two sides of `value->target`. */
export function arrow(item: Item, example: string): { from: Located; to: Located } {
  const whole = argument(item, example);
  const at = whole.text.indexOf("->");
  if (at < 0) {
    throw badSyntax(whole.offset, `${item.key.text} has no "->"`, `write it like ${example}`);
  }
  const from = { text: whole.text.slice(0, at), offset: whole.offset };
  return { from, to: { text: whole.text.slice(at + 2), offset: whole.offset + at + 2 } };
}
