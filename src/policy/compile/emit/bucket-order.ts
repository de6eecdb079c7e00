// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import { Port } from "../../../openflow/index.ts";
import { UNTREATED } from "../model/flow-classes.ts";
import { type Copy, isIpRewritten } from "../overlap/copy.ts";

/**
 * Whether the bucket of a copy stands before that of the original.
 *
 * Buckets run one after another on one packet, and Open vSwitch restores for each what the one before
 * it changed. What it does not restore is the drop eligible bit of a tag that was popped and pushed
 * again. So a copy comes first where the original's actions are another program's, which may change
 * tags; unless the copy itself changes what is not restored exactly: a tag, an IP address, or what a
 * treatment does (a meter that drops also drops what follows). The original never comes after such.
 */
export function precedesOriginal(copy: Copy, original: readonly ActionSpec[]): boolean {
  return isAnothers(original) && isRestored(copy);
}

/** Whether actions leave the frame to the switch's own bridge, or to another application's tables. */
function isAnothers(original: readonly ActionSpec[]): boolean {
  return original.some(
    (action) =>
      action.type === "nxResubmitTable" ||
      (action.type === "output" && action.port === Port.Normal),
  );
}

/** Whether the next bucket gets the frame as it was: the copy only leaves, or has other MAC addresses. */
function isRestored({ transport, flowClasses }: Copy): boolean {
  return flowClasses === UNTREATED && transport.kind !== "tag" && !isIpRewritten(transport);
}
