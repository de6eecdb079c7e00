// SPDX-License-Identifier: Apache-2.0
import type { Match } from "../../oxm/match-codec.ts";
import type { Action } from "../../structures/action.ts";
import { MAX_DEPTH } from "../../wire/reader.ts";
import { parsePort, reservedPort } from "../values/ports.ts";
import { type Item, items, type Located } from "../values/scanner.ts";
import { badSyntax, unknownName } from "../values/text-error.ts";
import type { ActionReader, ActionRow, ReadContext } from "./action-row.ts";
import { outputTo, STANDARD_ACTIONS } from "./action-rows.ts";
import { CONTROLLER_ACTIONS } from "./nicira-controller.ts";
import { CT_ACTIONS } from "./nicira-ct.ts";
import { HASH_ACTIONS } from "./nicira-hash.ts";
import { LEARN_ACTIONS } from "./nicira-learn.ts";
import { NICIRA_ACTIONS } from "./nicira-rows.ts";
import { formatRaw } from "./raw-action.ts";

/** Every action. To add one, add a row to one of these tables. */
const ROWS: readonly ActionRow[] = [
  ...STANDARD_ACTIONS,
  ...NICIRA_ACTIONS,
  ...CONTROLLER_ACTIONS,
  ...HASH_ACTIONS,
  ...CT_ACTIONS,
  ...LEARN_ACTIONS,
];

const BY_TYPE = new Map<string, ActionRow>(ROWS.map((row) => [row.type, row]));

const READERS: ReadonlyMap<string, ActionReader> = new Map(
  ROWS.flatMap(({ read }) => Object.entries(read)),
);

const DROP = "drop";

/** One action, as written in a list. */
function formatAction(action: Action): string {
  const row = BY_TYPE.get(action.type);
  return row === undefined ? formatRaw(action) : row.format(action, formatList);
}

function formatList(actions: readonly Action[]): string {
  return actions.map(formatAction).join(",");
}

/**
 * Actions as `ovs-ofctl` prints them: `push_vlan:0x8100,set_field:4103->vlan_vid,output:2`;
 * `drop` for none.
 */
export function formatActions(actions: readonly Action[]): string {
  return actions.length === 0 ? DROP : formatList(actions);
}

/** Whether a key is a port: `2`, `LOCAL`. */
function isPort(key: string): boolean {
  return /^\d/.test(key) || reservedPort(key) !== undefined;
}

function readAction(item: Item, context: ReadContext): readonly Action[] {
  const { key } = item;
  const reader = READERS.get(key.text.toLowerCase());
  if (reader !== undefined) {
    const read = reader(item, context);
    return "type" in read ? [read] : read;
  }
  if (item.form === "bare" && isPort(key.text)) return [outputTo(parsePort(key))];
  if (key.text.toLowerCase() === DROP) {
    throw badSyntax(
      key.offset,
      "drop is combined with other actions",
      "remove drop, or the others",
    );
  }
  throw unknownName(key.offset, "action", key.text, [...READERS.keys(), DROP]);
}

/** Actions from items of a list. @throws TextError */
export function readActions(list: readonly Item[], match: Match, depth = 0): Action[] {
  if (depth > MAX_DEPTH) {
    throw badSyntax(
      list[0]?.key.offset ?? 0,
      "actions are nested too deeply",
      `nest at most ${MAX_DEPTH}`,
    );
  }
  const [only, ...more] = list;
  if (only?.form === "bare" && more.length === 0 && only.key.text.toLowerCase() === DROP) return [];
  const context: ReadContext = {
    match,
    actions: (text) => readActions(items(text), match, depth + 1),
  };
  return list.flatMap((item) => readAction(item, context));
}

/**
 * Actions from text in the syntax of `ovs-ofctl`; `drop` and empty text mean no actions.
 * @param match decides the meaning of `mod_tp_src` and `mod_tp_dst`
 * @throws TextError
 */
export function parseActions(text: string | Located, match: Match = []): Action[] {
  return readActions(items(text), match);
}

/** Whether an item is an action, not an instruction or another key. */
export function isAction(item: Item): boolean {
  const key = item.key.text.toLowerCase();
  return READERS.has(key) || key === DROP || (item.form === "bare" && isPort(key));
}
