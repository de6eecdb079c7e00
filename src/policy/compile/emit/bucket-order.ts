// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import { type Copy, changesTagOrIp, isAnothers } from "../overlap/copy.ts";

/**
 * Whether the bucket of a copy stands before that of the original.
 *
 * Buckets run one after another on one packet, and Open vSwitch restores for each what the one before
 * it changed. What it does not restore is the drop eligible bit of a tag that was popped and pushed
 * again. So a copy comes first where the original's actions are another program's, which may change
 * tags. A copy that itself changes what is not restored exactly, a tag or an IP address, comes first
 * only if it is isolated: the original never comes after such.
 */
export function precedesOriginal(copy: Copy, original: readonly ActionSpec[]): boolean {
  return isAnothers(original) && (copy.isIsolated || !changesTagOrIp(copy.transport));
}
