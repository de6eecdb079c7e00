// SPDX-License-Identifier: Apache-2.0
import type { Action, Bucket } from "../../openflow/index.ts";
import { type IdRange, isOwnId } from "./id-range.ts";

/** Ids of OpenVTAP's own groups that actions use, each once. */
export function groupsIn(actions: readonly Action[], range: IdRange): readonly number[] {
  let ids: number[] | undefined;
  for (const action of actions) {
    if (action.type !== "group" || !isOwnId(action.groupId, range)) continue;
    if (!ids) ids = [action.groupId];
    else if (!ids.includes(action.groupId)) ids.push(action.groupId);
  }
  return ids ?? NONE;
}

/** Ids of OpenVTAP's own groups that buckets use, each once. */
export function groupsInBuckets(buckets: readonly Bucket[], range: IdRange): readonly number[] {
  let ids: readonly number[] = NONE;
  for (const { actions } of buckets) {
    const more = groupsIn(actions, range);
    if (more.length > 0) ids = ids.length > 0 ? [...new Set([...ids, ...more])] : more;
  }
  return ids;
}

const NONE: readonly number[] = [];
