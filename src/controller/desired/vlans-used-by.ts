// SPDX-License-Identifier: Apache-2.0
import { type ActionSpec, categoryOf } from "../../flow-model/index.ts";
import type { Match } from "../../openflow/index.ts";
import type { InstalledFlow } from "../../reconcile/index.ts";

/** Bits of `vlan_vid` that are the id. */
const ID_BITS = 0x0fff;

/** Categories of the entries that match the tags of copies. */
const TAKES_COPIES: ReadonlySet<string> = new Set(["transit", "recovery"]);

/** The VLAN ids of the tags that an installed entry gives to copies, or by which it knows them. */
export function* vlansUsedBy({
  cookie,
  match,
  actions,
  copySpecs,
}: InstalledFlow): Generator<number> {
  if (TAKES_COPIES.has(categoryOf(cookie) ?? "")) yield* matched(match);
  yield* written(actions);
  for (const bucket of copySpecs) yield* written(bucket.actions);
}

function* matched(match: Match): Generator<number> {
  for (const field of match) if (field.field === "vlanVid") yield field.value & ID_BITS;
}

function* written(actions: readonly ActionSpec[]): Generator<number> {
  for (const action of actions) {
    if (action.type === "setField" && action.field.field === "vlanVid") {
      yield action.field.value & ID_BITS;
    }
  }
}
