// SPDX-License-Identifier: Apache-2.0
import type { Infer } from "../schema/codec.ts";
import { pad, selfLength, u16, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { type Action, actionsCodec } from "./action.ts";
import { GroupId, Port } from "./reserved.ts";

/**
 * One bucket of a group.
 * @spec OpenFlow 1.4.1 §7.3.4.3
 */
const bucketCodec = struct({
  _length: selfLength,
  weight: u16,
  watchPort: u32,
  watchGroup: u32,
  _: pad(4),
  actions: actionsCodec,
});

/** One bucket of a group: an action set, with a weight (select) or a watched port or group (fast failover). */
export type Bucket = Infer<typeof bucketCodec>;

/** Buckets up to the end of the bounds. */
export const bucketsCodec = list(bucketCodec);

/** A bucket; default: weight 0 and nothing watched, as for groups of type all. */
export function bucket(
  actions: readonly Action[],
  options: Partial<Omit<Bucket, "actions">> = {},
): Bucket {
  return { weight: 0, watchPort: Port.Any, watchGroup: GroupId.Any, ...options, actions };
}

/** Group types. @spec OpenFlow 1.4.1 §7.3.4.3 */
export const GroupType = { All: 0, Select: 1, Indirect: 2, FastFailover: 3 } as const;
